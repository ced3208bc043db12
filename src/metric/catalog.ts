import { AdapterError } from '../errors.ts';
import { labelDefinitions, labelsFor, type LabelDefinition } from './labels.ts';
import { ingressLogs } from './ingress-logs.ts';
import {
  placeholdersOf,
  renamedLog,
  type IngressLog,
  type LogColumnNames,
  type LogKind,
  type SqlTemplate,
} from './log-kind.ts';
import { measures, unreadableLines, type Aggregates, type Measure, type ReadableLines } from './measures.ts';

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
export interface MetricDefinition extends Omit<Measure, 'suffix' | 'detail' | 'value' | 'readable'> {
  readonly name: string;
  /** Computes the value from the aggregates of at least one line, over a window of `windowSeconds`. */
  readonly value: (aggregates: Aggregates, windowSeconds: number) => number;
  /** How many lines must be readable. Without it, every line counts. */
  readonly readable?: ReadableLines;
  readonly logKind: LogKind;
  /** The value if the result is complete and has no line of the route; undefined: that is an error. */
  readonly emptyValue: number | undefined;
  readonly own?: OwnTraits;
  /** Whether it is what the metric of that name will be, and no reading of the log. */
  readonly isForecast?: true;
}

/**
 * Returns the value of a metric over a window with at least one line; undefined if its lines cannot be read, or make no
 * number from 0 on. `outcomeFromResult` says why.
 */
export function valueOf(
  { value, readable }: MetricDefinition,
  aggregates: Aggregates,
  seconds: number,
): number | undefined {
  if (readable !== undefined && unreadableLines(aggregates, readable) !== undefined) return undefined;
  const found = value(aggregates, seconds);
  return Number.isFinite(found) && found >= 0 ? found : undefined;
}

/** The routes of a user's metric are whatever its column holds. */
const anyRoute: LabelDefinition = {
  ...labelDefinitions.route,
  accepted: 'non-empty',
  accepts: (value) => value !== '',
};

/** Returns the labels that a selector of the metric may have. */
export function labelsOf({ own, isForecast }: MetricDefinition): readonly LabelDefinition[] {
  if (own === undefined)
    return labelsFor('read', 'route', 'filter', isForecast === true ? 'forecast' : 'window');
  const routes = own.route === 'none' ? [] : labelsFor('route');
  const isRoute = ({ name }: LabelDefinition) => name === anyRoute.name;
  return [
    ...labelsFor('read', 'window'),
    ...routes.map((label) => (isRoute(label) ? anyRoute : label)),
    ...own.labels,
  ];
}

export const routeLabelOf = ({ own }: MetricDefinition): string =>
  own?.groupLabel ?? labelDefinitions.route.name;

/** Ends the name of each forecast. */
export const forecastSuffix = '_forecast';

/** Returns the metrics of one kind of log: a measure whose columns the log lacks makes none. */
export function metricsOf(logKind: IngressLog): MetricDefinition[] {
  const sql: Readonly<Record<string, SqlTemplate>> = { ...logKind.sql };
  const isThere = (template: SqlTemplate): boolean =>
    placeholdersOf(template).every(
      (name) => name in logKind.columns || (sql[name] !== undefined && isThere(sql[name])),
    );
  return measures
    .filter(({ aggregates }) => isThere(Object.values(aggregates).join()))
    .flatMap((measure) => {
      const metric = metricOf(logKind, measure);
      return measure.hasForecast === true ? [metric, forecastOf(metric)] : [metric];
    });
}

const forecastOf = (metric: MetricDefinition): MetricDefinition => ({
  ...metric,
  name: `${metric.name}${forecastSuffix}`,
  description: `Forecast of \`${metric.name}\`: what it will most likely not exceed some minutes from now`,
  isForecast: true,
});

function metricOf(logKind: IngressLog, measure: Measure): MetricDefinition {
  const { suffix, description, detail, value, readable, ...others } = measure;
  const { metricPrefix, measured, timeUnit, columns } = logKind;
  const perSecond = timeUnit === 's' ? 1 : 1000;
  const column = readable && columns[readable.column];
  return {
    requires: [],
    ...others,
    ...(column && { readable: { ...readable, column: column.name } }),
    value: (aggregates, windowSeconds) => value(aggregates, windowSeconds, perSecond),
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
  /** Returns the metric over the names that its columns have in a logstore. */
  readonly inLogstore: (metric: MetricDefinition, address: LogstoreName) => MetricDefinition;
  /** Returns the log over the names that its columns have in a logstore. */
  readonly logIn: (log: IngressLog, address: LogstoreName) => IngressLog;
}

interface LogstoreName {
  readonly project: string;
  readonly logstore: string;
}

/** @param own the user's metrics; none may have the name of a built-in metric */
export function createCatalog(
  own: readonly MetricDefinition[] = [],
  hosts: Readonly<Record<string, string>> = {},
  logColumns: readonly LogColumnNames[] = [],
): Catalog {
  const metrics = [...Object.values(ingressLogs).flatMap(metricsOf), ...own].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  const renamed = logColumns.map((names) => {
    const logs = Object.values(ingressLogs).map((log) => renamedLog(log, names));
    const ofLogs = logs.flatMap(metricsOf).map((metric) => [metric.name, metric] as const);
    return { names, logs: new Map(logs.map((log) => [log.kind, log])), metrics: new Map(ofLogs) };
  });
  const namesIn = ({ project, logstore }: LogstoreName) =>
    renamed.find(({ names }) => names.logstore === logstore && (names.project ?? project) === project);
  return {
    metrics,
    hosts: new Map(Object.entries(hosts)),
    inLogstore: (metric, address) => namesIn(address)?.metrics.get(metric.name) ?? metric,
    logIn: (log, address) => namesIn(address)?.logs.get(log.kind) ?? log,
    find: (name) => {
      const metric = byName.get(name);
      if (metric !== undefined) return metric;
      throw new AdapterError(
        'MetricUnknown',
        `the server could not find the metric ${name} for external.metrics.k8s.io${absenceOf(name)}`,
      );
    },
  };
}

/** Returns why a kind of log has no such metric; empty if no kind has one. */
function absenceOf(name: string): string {
  const log = Object.values(ingressLogs).find(({ metricPrefix }) => name.startsWith(metricPrefix));
  const isMeasure = measures.some(({ suffix }) => name === `${log?.metricPrefix}${suffix}`);
  return log === undefined || !isMeasure ? '' : `: the log ${log.kind} has no column for it`;
}
