import { expect, it } from 'vitest';
import { documents } from '../../docs/generate/tables.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { expectGenerated } from '../support/generated-document.ts';

it('generates the tables of metrics and labels in docs/metrics.md', () => expectGenerated('metrics.md'));

it('docs/metrics.md lists every metric of the catalogue once, by kind of log', () => {
  const { labels, ...tables } = documents['metrics.md']?.() ?? {};
  expect(labels?.length).toBeGreaterThan(1);
  const names = Object.values(tables).flatMap(([, ...rows]) => rows.map(([name = '']) => name));
  expect(names.toSorted()).toEqual(
    createCatalog()
      .metrics.map(({ name }) => `\`${name}\``)
      .toSorted(),
  );
});
