import { AdapterError } from '../errors.ts';
import type { LabelId } from './labels.ts';
import type { LogKind } from './log-kind.ts';
import { measures, type Aggregates, type Measure, type ReadableLines } from './measures.ts';

/** One metric: what is measured, of which kind of log. */
export interface MetricDefinition {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Which kind of access log it is computed from. */
  readonly logKind: LogKind;
  /** Aggregate name → SQL over the log's columns. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** The value from the aggregates of one route, over a window of `windowSeconds`. */
  readonly value: (aggregates: Aggregates, windowSeconds: number) => number;
  /** How many of the lines must say what it is computed from; undefined: a line counts by being there. */
  readonly readable: ReadableLines | undefined;
  /** The value where the result is complete and holds no line of the route. */
  readonly emptyValue: number;
  /** Labels that must be given. */
  readonly requires: readonly LabelId[];
}

const logs: readonly { readonly logKind: LogKind; readonly prefix: string; readonly of: string }[] = [
  { logKind: 'nginx-ingress', prefix: 'sls_ingress_', of: 'of an nginx-ingress route' },
  { logKind: 'alb-ingress', prefix: 'sls_alb_ingress_', of: 'of an ALB ingress route' },
];

function metricOf(
  { logKind, prefix, of }: (typeof logs)[number],
  { suffix, description, unit, aggregates, value, readable, requires = [] }: Measure,
): MetricDefinition {
  return {
    name: `${prefix}${suffix}`,
    description: `${description} ${of}`,
    unit,
    logKind,
    aggregates,
    value,
    readable,
    // Nothing is asked of a service without requests, so that it can be scaled in.
    emptyValue: 0,
    requires,
  };
}

/** The metrics that are served. */
export interface Catalog {
  /** In a stable order: by name. */
  readonly metrics: readonly MetricDefinition[];
  /** @throws AdapterError `MetricUnknown` */
  readonly find: (name: string) => MetricDefinition;
}

/** @param own metrics besides those that come with the adapter; their names must be others */
export function createCatalog(own: readonly MetricDefinition[] = []): Catalog {
  const builtIn = logs.flatMap((log) => measures.map((measure) => metricOf(log, measure)));
  const metrics = [...builtIn, ...own].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  return {
    metrics,
    find: (name) => {
      const metric = byName.get(name);
      if (metric !== undefined) return metric;
      throw new AdapterError(
        'MetricUnknown',
        `the server could not find the metric ${name} for external.metrics.k8s.io`,
      );
    },
  };
}
