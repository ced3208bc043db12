import { AdapterError } from '../errors.ts';
import type { LabelDefinition, LabelId } from './labels.ts';
import type { IngressLogKind, LogKind } from './log-kind.ts';
import { measures, type Aggregates, type Measure, type ReadableLines } from './measures.ts';

/** A label of one metric alone. */
export interface OwnLabel extends LabelDefinition {
  /** Undefined: it must be given, unless `mayLack`. */
  readonly default: string | undefined;
  /** Whether nothing is meant where it is not given. */
  readonly mayLack: boolean;
}

/** In what a metric of the configuration differs. */
export interface OwnTraits {
  readonly labels: readonly OwnLabel[];
  /** The label whose values are the routes; undefined: those of the route are. */
  readonly groupLabel: string | undefined;
  /** Whether a selector may name a route, or must. */
  readonly route: 'none' | 'optional' | 'required';
  /** Whether the route decides what it reads, so that access to routes decides who may read it. */
  readonly isOfRoutes: boolean;
  /** Used where a selector names none, before those of all. */
  readonly defaults: { readonly project: string | undefined; readonly logstore: string | undefined };
}

/** One metric: what is measured, of which kind of log. */
export interface MetricDefinition {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Which kind of log it is computed from. */
  readonly logKind: LogKind;
  /** Aggregate name → SQL over the log's columns. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** The value from the aggregates of one route, over a window of `windowSeconds`. */
  readonly value: (aggregates: Aggregates, windowSeconds: number) => number;
  /** How many of the lines must say what it is computed from; undefined: a line counts by being there. */
  readonly readable: ReadableLines | undefined;
  /** The value where the result is complete and holds no line of the route; undefined: there is none. */
  readonly emptyValue: number | undefined;
  /** Labels that must be given. */
  readonly requires: readonly LabelId[];
  /** What only a metric of the configuration has; undefined: it comes with the adapter. */
  readonly own: OwnTraits | undefined;
}

const logs: readonly { readonly logKind: IngressLogKind; readonly prefix: string; readonly of: string }[] = [
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
    own: undefined,
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
