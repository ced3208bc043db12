import { expect, it } from 'vitest';
import { documents } from '../../docs/generate/tables.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { expectGenerated } from '../support/generated-document.ts';

it('generates the tables of metrics and labels in docs/metrics.md', () => expectGenerated('metrics.md'));

it('docs/metrics.md lists every metric of the catalogue, those of nginx-ingress first', () => {
  const [, ...rows] = documents['metrics.md']?.['metrics']?.() ?? [];
  const names = rows.map(([name = '']) => name.replaceAll('`', ''));
  expect(names.toSorted()).toEqual(createCatalog().metrics.map(({ name }) => name));
  expect(names[0]).toMatch(/^sls_ingress_/);
});
