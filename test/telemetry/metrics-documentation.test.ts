import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { printTable, readTable } from '../support/markdown-table.ts';
import { stateWith } from './adapter-state.ts';

const document = readFileSync(resolve(import.meta.dirname, '../../docs/self-metrics.md'), 'utf8');

const metrics = new Metrics();
metrics.watch(stateWith());
metrics.watchForecasts(1, { all: () => [], maxForecasts: 1 });
metrics.watchSeries(1, { all: () => [], maxStaleMsOf: () => 0, monotonicMs: () => 0 });

it('lists every metric in the table of docs/self-metrics.md', () => {
  const rows = metrics
    .describe()
    .map(({ name, type, labelNames, help }) => [
      `\`${name}\``,
      type,
      labelNames.length === 0 ? '-' : labelNames.map((label) => `\`${label}\``).join(', '),
      help,
    ]);
  const expected = [['Metric', 'Type', 'Labels', 'Meaning'], ...rows];
  expect(readTable(document), `docs/self-metrics.md must hold\n\n${printTable(expected)}\n`).toEqual(
    expected,
  );
});

it('gives every metric a known prefix and a help sentence, and _total to counters only', () => {
  for (const { name, help, type } of metrics.describe()) {
    expect(name).toMatch(/^(sls_metrics_adapter|process|nodejs)_/);
    expect(help).toMatch(/^[A-Z].*\.$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});
