import { describe, expect, it } from 'vitest';
import { dashboard, panelQueries, variableQueries } from './dashboard.ts';
import { dashboardFile, ownMetrics, ownMetricsIn, plainFileOf, textOf } from './monitoring-files.ts';

describe('the dashboard', () => {
  it('is the same in the chart and in deploy/monitoring', () => {
    expect(textOf(plainFileOf(dashboardFile))).toBe(textOf(dashboardFile));
  });

  it('uses the selected data source in every panel', () => {
    const [first] = dashboard.templating.list;
    expect(first).toMatchObject({ name: 'datasource', type: 'datasource' });
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    const uids = panels.flatMap(({ datasource, targets = [] }) => [
      datasource?.uid,
      ...targets.map((target) => target.datasource.uid),
    ]);
    expect(new Set(uids)).toEqual(new Set(['${datasource}']));
  });

  it.each([...panelQueries, ...variableQueries])(
    '$title: uses only metrics of the adapter: $expr',
    ({ expr }) => {
      const known = ownMetrics();
      expect(ownMetricsIn(expr).filter((name) => !known.has(name))).toEqual([]);
    },
  );

  it('draws each series of external_metric_value as a line of its own', () => {
    const gauge = 'sls_metrics_adapter_external_metric_value';
    const exprs = panelQueries.map(({ expr }) => expr).filter((expr) => expr.includes(gauge));
    const labels = exprs.map((expr) => /^max by \(([^)]+)\)/.exec(expr)?.[1]?.split(', '));
    expect(labels).toEqual([ownMetrics().get(gauge)]);
  });

  it('describes each panel, and no panels overlap', () => {
    const places = new Set<string>();
    for (const { id, type, title, description = '', gridPos } of dashboard.panels) {
      expect([title, type === 'row' || description.length > 10]).toEqual([title, true]);
      expect(places.has(`id ${id}`)).toBe(false);
      places.add(`id ${id}`);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, places.has(`${x},${y}`), x < 24]).toEqual([title, false, true]);
          places.add(`${x},${y}`);
        }
      }
    }
  });
});
