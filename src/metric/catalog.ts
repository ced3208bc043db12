import { AdapterError } from '../errors.ts';
import type { LabelDefinition } from './labels.ts';
import { ingressLogs, type IngressLogKind, type LogKind } from './log-kind.ts';
import { measures, type Measure } from './measures.ts';

/** A label that only one metric has, defined by the user. */
export interface OwnLabel extends LabelDefinition {
  /** Undefined: the selector must have the label, unless it is `optional`. */
  readonly default: string | undefined;
  /** Whether the label may be left out: then the metric is of all lines. */
  readonly optional: boolean;
}

/** In what a user's metric differs from the built-in ones. */
export interface OwnTraits {
  readonly labels: readonly OwnLabel[];
  /** The label whose values tell the series of one query apart; undefined: the route does. */
  readonly groupLabel: string | undefined;
  /** Whether a selector may name a route, or must. */
  readonly route: 'none' | 'optional' | 'required';
  /** Whether the metric reads only the lines of its routes, so that access to those routes is enough. */
  readonly isOfRoutes: boolean;
  /** Used if the selector names none. They take precedence over the setting `defaults`. */
  readonly defaults: { readonly project: string | undefined; readonly logstore: string | undefined };
}

/** One metric: a measurement of one kind of log, with its whole name and description. */
export interface MetricDefinition extends Omit<Measure, 'suffix' | 'detail'> {
  readonly name: string;
  readonly logKind: LogKind;
  /** The value if the result is complete and has no line of the route; undefined: that is an error. */
  readonly emptyValue: number | undefined;
  /** Only for a user's metric. */
  readonly own?: OwnTraits;
}

function metricOf(
  logKind: IngressLogKind,
  { suffix, description, detail, ...measure }: Measure,
): MetricDefinition {
  const { metricPrefix, measured } = ingressLogs[logKind];
  return {
    requires: [],
    ...measure,
    name: `${metricPrefix}${suffix}`,
    description: `${description} ${measured}${detail === undefined ? '' : `: ${detail}`}`,
    logKind,
    // A service without requests has no work, so it can be scaled in.
    emptyValue: 0,
  };
}

/** What a selector may name: the metrics that the adapter serves, and aliases of hosts. */
export interface Catalog {
  /** Sorted by name. */
  readonly metrics: readonly MetricDefinition[];
  /** Hosts by the alias that a selector may write instead, such as those longer than a label value. */
  readonly hosts: ReadonlyMap<string, string>;
  /** @throws AdapterError `MetricUnknown` */
  readonly find: (name: string) => MetricDefinition;
}

/** @param own the user's metrics; none may have the name of a built-in metric */
export function createCatalog(
  own: readonly MetricDefinition[] = [],
  hosts: Readonly<Record<string, string>> = {},
): Catalog {
  const logKinds = Object.keys(ingressLogs) as IngressLogKind[];
  const builtIn = logKinds.flatMap((logKind) => measures.map((measure) => metricOf(logKind, measure)));
  const metrics = [...builtIn, ...own].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  return {
    metrics,
    hosts: new Map(Object.entries(hosts)),
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
