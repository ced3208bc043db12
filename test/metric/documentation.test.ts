import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { labelDefinitions, type LabelDefinition } from '../../src/metric/labels.ts';
import { printTable, readTable } from '../support/markdown-table.ts';
import { listMetrics } from '../support/catalog.ts';

const sections = readFileSync(resolve(import.meta.dirname, '../../docs/metrics.md'), 'utf8').split(
  '\n| Label',
);

it('docs/metrics.md lists the metrics of the catalogue', () => {
  const expected = [
    ['Metric', 'Unit', 'Meaning', 'Without requests'],
    ...listMetrics().map(({ name, unit, description, emptyValue }) => [
      `\`${name}\``,
      unit,
      description,
      String(emptyValue),
    ]),
  ];
  expect(readTable(sections[0] ?? ''), `docs/metrics.md must hold\n\n${printTable(expected)}\n`).toEqual(
    expected,
  );
});

it('docs/metrics.md lists the labels', () => {
  const labels: readonly LabelDefinition[] = Object.values(labelDefinitions);
  const expected = [
    ['Label', 'Values', 'Meaning'],
    ...labels.map(({ name, accepted, description }) => [`\`${name}\``, accepted, description]),
  ];
  const table = `| Label${sections[1] ?? ''}`;
  expect(readTable(table), `docs/metrics.md must hold\n\n${printTable(expected)}\n`).toEqual(expected);
});
