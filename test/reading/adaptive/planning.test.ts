import { describe, expect, it } from 'vitest';
import type { Series } from '../../../src/metric/series.ts';
import { planBatches, type PlanContext } from '../../../src/reading/plan.ts';
import { resolveEndpoint } from '../../../src/sls/endpoint.ts';
import { findMetric } from '../../support/catalog.ts';
import { seriesWith } from '../series.ts';

const context: PlanContext = {
  nowSeconds: 1_658_460_600,
  endpointOf: () => resolveEndpoint({ region: 'cn-beijing', network: 'public' }, undefined),
  delaySecondsOf: () => 10,
  maxNamedRoutes: 200,
};

describe('planning adaptive windows', () => {
  const isAdaptive = ({ windowMode }: Series) => windowMode === 'adaptive';
  const adaptive = { windowMode: 'adaptive' } as const;

  it('makes one query for those of one window, with columns of the last seconds, and another for fixed ones', () => {
    const series = [
      seriesWith(adaptive),
      seriesWith({ ...adaptive, route: 'default-b-80' }),
      seriesWith({ ...adaptive, metric: findMetric('sls_ingress_status_qps') }),
      seriesWith(),
    ];
    const batches = planBatches(series, { ...context, isAdaptive });
    expect(batches.map((batch) => batch.series.length)).toEqual([3, 1]);
    const [one, other] = batches.map(({ query }) => query);
    expect(one?.aggregates).toEqual({});
    expect(one?.lastSeconds).toEqual(expect.arrayContaining([3, 5, 8, 12, 15, 60]));
    expect(one?.window).toEqual(other?.window);
    expect(other).toMatchObject({ aggregates: { requests: 'count(*)' } });
    expect(other).not.toHaveProperty('lastSeconds');
  });

  it('makes the same queries as ever without the mode, and for a label that the context does not follow', () => {
    const [fixed] = planBatches([seriesWith()], { ...context, isAdaptive });
    const [unknown] = planBatches([seriesWith(adaptive)], context);
    expect(unknown?.query).toEqual(fixed?.query);
  });
});
