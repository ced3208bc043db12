import { routeLabelOf, type MetricDefinition } from './catalog.ts';
import {
  filterNames,
  labelDefinitions,
  type FilterName,
  type LabelChoice,
  type WindowMode,
} from './labels.ts';
import { routePlaceholder, tellsRoutesApart } from './log-kind.ts';

/**
 * Selects the lines of a log that count. Undefined: all. A status is a code such as `503`, or a class such as `5xx`. A line
 * without the column is among the others of `notin`.
 */
export type LineFilters = Readonly<Partial<Record<FilterName, LabelChoice>>> & {
  /** The values of a user's own labels, by name, in the metric's order; `route` is the route in its templates. */
  readonly own?: Readonly<Record<string, string>>;
};

/** Returns the filters in one order: equal filters have equal entries. */
export const filterEntries = (filters: LineFilters): [FilterName, LabelChoice][] =>
  filterNames.flatMap((name) => (filters[name] === undefined ? [] : [[name, filters[name]]]));

/** Returns what is equal in JSON for equal filters, including those of a user's own labels. */
export const filterKey = (filters: LineFilters): readonly (readonly string[])[] => {
  const entries = filterEntries(filters).map(([name, { operator, values }]) => [name, operator, ...values]);
  return filters.own === undefined ? entries : [...entries, ['own', JSON.stringify(filters.own)]];
};

/** Returns a filter as a selector has it after the label: `GET`, `in (GET,PUT)`, `notin (GET)`. */
export const filterText = ({ operator, values }: LabelChoice): string => {
  const [only = '', ...more] = values;
  return operator === 'in' && more.length === 0 ? only : `${operator} (${values.join(',')})`;
};

/** Returns the filters as text, with the values of a user's own labels. */
export const filterTexts = (filters: LineFilters): Record<string, string> => ({
  ...Object.fromEntries(filterEntries(filters).map(([name, choice]) => [name, filterText(choice)])),
  ...filters.own,
});

/** What identifies a series. */
export interface SeriesParts {
  readonly metric: MetricDefinition;
  readonly project: string;
  readonly logstore: string;
  /** Undefined: the whole logstore. */
  readonly route: string | undefined;
  readonly filters: LineFilters;
  readonly intervalSeconds: number;
  /** Undefined: as configured or learned. */
  readonly delaySeconds: number | undefined;
  /** Undefined: as configured. */
  readonly internalEndpoint: boolean | undefined;
  /** Undefined: as configured. */
  readonly windowMode?: WindowMode | undefined;
  readonly forecast?: ForecastTerms | undefined;
}

export const logstoreName = ({ project, logstore }: Pick<SeriesParts, 'project' | 'logstore'>): string =>
  `project ${project}, logstore ${logstore}`;

/** Returns equal keys for the same logstore over the same endpoint only: no part contains a slash. */
export const logstoreKey = ({
  endpoint,
  project,
  logstore,
}: Pick<SeriesParts, 'project' | 'logstore'> & { readonly endpoint: { readonly url: string } }): string =>
  `${endpoint.url}/${project}/${logstore}`;

/** Readings of routes and of a whole logstore rest on different lines. So do those of different logs, which users may name for any logstore. */
export const countedKey = (
  logstore: Parameters<typeof logstoreKey>[0] & { readonly routeColumn?: string | undefined },
): string => `${logstoreKey(logstore)} ${logstore.routeColumn ?? ''}`;

/** What a forecast is asked for. */
export interface ForecastTerms {
  /** How many seconds after it is made: whole minutes. */
  readonly aheadSeconds: number;
  /** The share of minutes whose value should not exceed it. */
  readonly quantile: number;
}

/** The shortest window that may adapt: a shorter one is as quick by itself. */
export const leastAdaptiveSeconds = 15;

/** Whether the window of a series may be shorter while requests rise. */
export const mayAdapt = ({
  metric,
  intervalSeconds,
}: Pick<SeriesParts, 'metric' | 'intervalSeconds'>): boolean =>
  metric.isRequestRate === true && metric.isForecast !== true && intervalSeconds >= leastAdaptiveSeconds;

/** One number over time: the smallest unit that is planned, stored and refreshed. */
export interface Series extends SeriesParts {
  /** Equal for two series exactly when their parts are equal. */
  readonly key: string;
  /** Equal for series that differ in nothing but the route, so that one query can answer them. */
  readonly groupKey: string;
  /** The labels of its item in a reading: they name the source of the number and differ from item to item. */
  readonly labels: Readonly<Record<string, string>>;
}

/** About what a series takes in memory: its labels are in the key, in its parts, and in the answer. */
export const bytesOf = ({ key }: Series): number => 200 + 4 * key.length;

/** The retries of a request are in no key, because they do not change the number. */
export function newSeries(parts: SeriesParts): Series {
  const { metric, project, logstore, route, intervalSeconds, forecast } = parts;
  const groupKey = JSON.stringify([
    ...[metric.name, project, logstore, route === undefined ? 'logstore' : 'routes'],
    filterKey(parts.filters),
    ...[intervalSeconds, parts.delaySeconds, parts.internalEndpoint, parts.windowMode],
    ...(forecast === undefined ? [] : [forecast.aheadSeconds, forecast.quantile]),
  ]);
  return { ...parts, key: groupKey + (route ?? ''), groupKey, labels: labelsOf(parts) };
}

/** The parts that all series of a request share, and their routes. */
export interface SeriesGroup extends Omit<SeriesParts, 'route'> {
  /** Distinct routes, or values of the metric's `groupLabel`: one item each. Undefined: the whole logstore. */
  readonly routes: readonly string[] | undefined;
}

/** Returns one series for each route, in the order of the routes, or one series for the whole logstore. */
export function seriesOf({ routes, ...shared }: SeriesGroup): Series[] {
  if (routes === undefined) return [newSeries({ ...shared, route: undefined })];
  if (tellsRoutesApart(shared.metric.logKind)) return routes.map((route) => newSeries({ ...shared, route }));
  // If one query cannot answer several routes, the route is a placeholder value like any other label.
  const { own } = shared.filters;
  return routes.map((route) => {
    const filters = { ...shared.filters, own: { ...own, [routePlaceholder]: route } };
    return newSeries({ ...shared, route: undefined, filters });
  });
}

function labelsOf({ metric, filters, ...series }: SeriesParts): Record<string, string> {
  const { project, logstore, route } = labelDefinitions;
  const labels: Record<string, string> = { [project.name]: series.project, [logstore.name]: series.logstore };
  if (series.route !== undefined) labels[routeLabelOf(metric)] = series.route;
  for (const [id, filter] of filterEntries(filters)) labels[labelDefinitions[id].name] = filterText(filter);
  for (const [name, value] of Object.entries(filters.own ?? {}))
    labels[name === routePlaceholder ? route.name : name] = value;
  return labels;
}
