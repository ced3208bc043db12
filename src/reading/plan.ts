import { AdapterError, type ErrorCode } from '../errors.ts';
import { windowSeconds, type Outcome, type Window } from '../metric/sample.ts';
import { filterKey, haveSameFilters } from '../metric/line-filters.ts';
import type { LogKind } from '../metric/log-kind.ts';
import { unreadableLines } from '../metric/measures.ts';
import { seriesKey, type Series } from '../metric/series.ts';
import type { AggregateQuery, AggregatesByRoute } from '../sls/aggregate-source.ts';
import type { Endpoint } from '../sls/endpoint.ts';

/** One SLS query and the series that it answers. */
export interface Batch {
  readonly query: AggregateQuery;
  readonly series: readonly Series[];
}

/** What planning needs to know besides the series. */
export interface PlanContext {
  /** Unix time; the fraction is dropped. */
  readonly nowSeconds: number;
  readonly endpointOf: (series: Series) => Endpoint;
  readonly delaySecondsOf: (series: Series) => number;
  /** How many routes a query names at most; more than that are counted with all others of the logstore. */
  readonly maxNamedRoutes: number;
  /** Whether a series shares a query with its equals alone: SLS refuses what it asks for. Default: none does. */
  readonly isApart?: (series: Series, endpoint: Endpoint) => boolean;
}

/** What a metric asks of SLS: equal for those of one kind of log that ask for the same aggregates. */
export const aggregateSetOf = ({ metric }: Series): string => Object.keys(metric.aggregates).sort().join(' ');

/** The window of a series: `[end − interval, end)` with `end = now − delay`. */
export function windowOf(series: Series, { nowSeconds, delaySecondsOf }: PlanContext): Window {
  const endSeconds = Math.floor(nowSeconds) - delaySecondsOf(series);
  return { startSeconds: endSeconds - series.intervalSeconds, endSeconds };
}

/**
 * Groups series by endpoint, project, logstore, kind of log, window, filters, and whether they ask for routes or for
 * the whole logstore: one query a group, with every aggregate that it needs.
 */
export function planBatches(series: readonly Series[], context: PlanContext): Batch[] {
  const groups = new Map<string, { endpoint: Endpoint; window: Window; series: Series[] }>();
  for (const alike of alikeSeries(series)) {
    const [one] = alike;
    if (one === undefined) continue;
    const endpoint = context.endpointOf(one);
    const window = windowOf(one, context);
    const apart = context.isApart?.(one, endpoint) === true ? aggregateSetOf(one) : '';
    const key = JSON.stringify(batchKeyOf(one, endpoint, window)) + apart;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { endpoint, window, series: alike });
    else group.series = group.series.concat(alike);
  }
  return [...groups.values()].map(({ endpoint, window, series: members }) => ({
    query: queryOf(members, endpoint, window, context),
    series: members,
  }));
}

/** Series that differ in nothing but the route, together: there are thousands, and one stands for all in planning. */
const alikeSeries = (series: readonly Series[]): Series[][] =>
  [...Map.groupBy(series, ({ metric }) => metric).values()].flatMap((ofMetric) => [
    ...alikeOfMetric(ofMetric),
  ]);

function alikeOfMetric(series: readonly Series[]): Iterable<Series[]> {
  const groups = new Map<string, Series[]>();
  let last: Series[] = [];
  for (const one of series) {
    // Neighbours mostly are, and to compare two takes less than to write what they have in common.
    if (last[0] === undefined || !areAlike(one, last[0])) {
      const key = likenessOf(one);
      last = groups.get(key) ?? [];
      groups.set(key, last);
    }
    last.push(one);
  }
  return groups.values();
}

/** What series have in common that differ in nothing but the route. */
const likenessOf = (series: Series): string =>
  seriesKey({ ...series, route: series.route === undefined ? undefined : '' });

/** What is compared as it is, the rest below; the compiler sees to it that no part of a series is left out. */
const compared: Readonly<Record<Exclude<keyof Series, 'metric' | 'route' | 'filters'>, true>> = {
  project: true,
  logstore: true,
  intervalSeconds: true,
  delaySeconds: true,
  internalEndpoint: true,
};
const comparedNames = Object.keys(compared) as (keyof typeof compared)[];

/** Of one metric, for certain: two that are not may still have the same `likenessOf`. */
const areAlike = (one: Series, other: Series): boolean =>
  (one.route === undefined) === (other.route === undefined) &&
  comparedNames.every((name) => one[name] === other[name]) &&
  haveSameFilters(one.filters, other.filters);

/** The same batch in smaller ones, each of series that ask for the same aggregates. */
export function splitBatch({ query, series }: Batch): Batch[] {
  return [...Map.groupBy(series, aggregateSetOf).values()].map((members) => ({
    query: {
      ...query,
      routes: query.routes && routesOf(members),
      aggregates: aggregatesOf(members),
    },
    series: members,
  }));
}

const routesOf = (members: readonly Series[]): string[] =>
  [...new Set(members.flatMap(({ route }) => route ?? []))].sort();

/** What series have in common that share a query. */
export interface BatchKey extends Window {
  /** `{protocol}://{host and port}` */
  readonly endpoint: string;
  readonly project: string;
  readonly logstore: string;
  readonly logKind: LogKind;
  /** Whether they ask for routes or for the whole logstore. */
  readonly scope: 'routes' | 'logstore';
  readonly filters: readonly (readonly [string, string])[];
}

export function batchKeyOf(
  { metric, project, logstore, route, filters }: Series,
  { protocol, authority }: Endpoint,
  { startSeconds, endSeconds }: Window,
): BatchKey {
  return {
    endpoint: `${protocol}://${authority}`,
    project,
    logstore,
    logKind: metric.logKind,
    startSeconds,
    endSeconds,
    scope: route === undefined ? 'logstore' : 'routes',
    filters: filterKey(filters),
  };
}

function queryOf(
  members: readonly Series[],
  endpoint: Endpoint,
  window: Window,
  { nowSeconds, maxNamedRoutes }: PlanContext,
): AggregateQuery {
  const [first] = members;
  if (first === undefined) throw new RangeError('a batch has at least one series');
  const { project, logstore, metric, route, filters } = first;
  const routes = routesOf(members);
  return {
    endpoint,
    project,
    logstore,
    logKind: metric.logKind,
    filters,
    window,
    plannedAtSeconds: Math.floor(nowSeconds),
    everyRoute: routes.length > maxNamedRoutes,
    routes: route === undefined ? undefined : routes,
    aggregates: aggregatesOf(members),
  };
}

const aggregatesOf = (members: readonly Series[]) =>
  Object.assign({}, ...members.map(({ metric }) => metric.aggregates)) as Record<string, string>;

/** What a batch's complete result says of one of its series. */
export function outcomeOf({ metric, route }: Series, window: Window, result: AggregatesByRoute): Outcome {
  const aggregates = result.get(route);
  const what = `${metric.name} of ${route ?? 'the logstore'}`;
  if (aggregates === undefined) {
    if (metric.emptyValue !== undefined)
      return { kind: 'sample', sample: { value: metric.emptyValue, window } };
    return failed('WindowEmpty', `${what}: no log line in ${windowSeconds(window)} s`);
  }
  const unreadable = metric.readable && unreadableLines(aggregates, metric.readable);
  if (unreadable !== undefined) return failed('LinesUnreadable', `${what}: ${unreadable}`);
  const value = metric.value(aggregates, windowSeconds(window));
  if (Number.isFinite(value) && value >= 0) return { kind: 'sample', sample: { value, window } };
  if (metric.own !== undefined)
    return failed('OwnMetricInvalid', `${what} came out as ${value}, although there are log lines of it`);
  return failed('SlsReplyInvalid', `${what} came out as ${value}, which is no reading`);
}

const failed = (code: ErrorCode, what: string): Outcome => ({
  kind: 'failed',
  error: new AdapterError(code, what),
});
