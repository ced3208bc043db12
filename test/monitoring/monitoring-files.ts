import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { stateWith } from '../telemetry/adapter-state.ts';

const root = resolve(import.meta.dirname, '../..');

export const textOf = (path: string): string => readFileSync(resolve(root, path), 'utf8');

/** The monitoring files of the chart; `deploy/monitoring` has the same files. */
export const alertsFile = 'charts/sls-metrics-adapter/files/alerts.yaml';
export const dashboardFile = 'charts/sls-metrics-adapter/files/dashboard.json';
export const plainFileOf = (chartFile: string): string => chartFile.replace(/^.*\//, 'deploy/monitoring/');

/** Returns the names of the adapter's own metrics in a query, without the suffixes of a histogram. */
export const ownMetricsIn = (query: string): string[] =>
  [...query.matchAll(/sls_metrics_adapter_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));

/** Returns the label names of every metric of `/metrics`, by the name of the metric. */
export function ownMetrics(): ReadonlyMap<string, readonly string[]> {
  const metrics = new Metrics();
  metrics.watch(stateWith());
  metrics.watchForecasts(1, { all: () => [], maxForecasts: 1 });
  metrics.watchSeries(1, { all: () => [], maxStaleMsOf: () => 0, monotonicMs: () => 0 });
  return new Map(metrics.describe().map(({ name, labelNames }) => [name, labelNames]));
}
