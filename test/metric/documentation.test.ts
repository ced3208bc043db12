import { expect, it } from 'vitest';
import { documents } from '../../docs/generate/tables.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { expectGenerated } from '../support/generated-document.ts';

it('generates the tables of metrics and labels in docs/metrics.md', () => expectGenerated('metrics.md'));

it('docs/metrics.md lists every metric of the catalogue', () => {
  const [, ...rows] = documents['metrics.md']?.['metrics']?.() ?? [];
  expect(rows.map(([name]) => name)).toEqual(createCatalog().metrics.map(({ name }) => `\`${name}\``));
});
