import { AdapterError } from '../errors.ts';

/** Aggregates of one row of a result, by the names that the metric gave them. */
export type Aggregates = Readonly<Record<string, number>>;

/** One metric: everything that is particular to it stands in its entry below. */
export interface MetricDefinition {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Which kind of access log it is computed from. */
  readonly logKind: LogKind;
  /** Aggregate name → SQL over the log's columns. Constants only: nothing of a request may stand here. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** The value from the aggregates of one route, over a window of `windowSeconds`. */
  readonly value: (aggregates: Aggregates, windowSeconds: number) => number;
  /** The value where the result is complete and holds no line of the route. */
  readonly emptyValue: number;
}

export type LogKind = 'nginx-ingress';

const catalog: readonly MetricDefinition[] = [
  {
    name: 'sls_ingress_qps',
    description: 'Requests per second of an nginx-ingress route',
    unit: 'requests/s',
    logKind: 'nginx-ingress',
    aggregates: { requests: 'count(*)' },
    value: ({ requests = Number.NaN }, windowSeconds) => requests / windowSeconds,
    emptyValue: 0,
  },
];

const byName = new Map(catalog.map((metric) => [metric.name, metric]));

/** All metrics served, in a stable order: by name. */
export function listMetrics(): readonly MetricDefinition[] {
  return catalog.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws AdapterError `MetricUnknown` */
export function findMetric(name: string): MetricDefinition {
  const metric = byName.get(name);
  if (metric === undefined)
    throw new AdapterError(
      'MetricUnknown',
      `the server could not find the metric ${name} for external.metrics.k8s.io`,
    );
  return metric;
}
