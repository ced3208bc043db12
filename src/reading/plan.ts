import { AdapterError, type ErrorCode } from '../errors.ts';
import { logKindKey } from '../metric/log-kind.ts';
import { unreadableLines } from '../metric/measures.ts';
import { windowSeconds, type Outcome, type Window } from '../metric/sample.ts';
import type { WindowMode } from '../metric/labels.ts';
import { filterKey, mayAdapt, type Series } from '../metric/series.ts';
import type { AggregateQuery, AggregatesByRoute } from '../sls/aggregate-source.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { countedSpans } from './adaptive/rise-test.ts';

/** One SLS query and the series that it answers. */
export interface Batch {
  readonly query: AggregateQuery;
  readonly series: readonly Series[];
}

export interface PlanContext {
  /** Unix time; the fraction is dropped. */
  readonly nowSeconds: number;
  readonly endpointOf: (series: Series) => Endpoint;
  readonly delaySecondsOf: (series: Series) => number;
  /** The most routes that a query names. With more, it counts every route of the logstore. */
  readonly maxNamedRoutes: number;
  /** Returns how many routes of a group were asked for lately, with these. Default: these alone. */
  readonly recentRoutes?: (groupKey: string, routes: readonly string[]) => number;
  /** Whether the window of the series may be shorter while requests rise. Default: never. */
  readonly isAdaptive?: (series: Series) => boolean;
  /**
   * Whether the series may share a query only with series of the same aggregates, because SLS refuses these. Default:
   * never.
   */
  readonly isAskedApart?: (series: Series, endpoint: Endpoint) => boolean;
}

/** Returns the names of a metric's aggregates; equal for two metrics of one kind of log that need the same. */
export const aggregateSetOf = ({ metric }: Series): string => Object.keys(metric.aggregates).sort().join(' ');

/** Returns the window of a series: `[end − interval, end)` with `end = now − delay`. */
export function windowOf(series: Series, { nowSeconds, delaySecondsOf }: PlanContext): Window {
  const endSeconds = Math.floor(nowSeconds) - delaySecondsOf(series);
  return { startSeconds: endSeconds - series.intervalSeconds, endSeconds };
}

/** Plans one query for all series that `batchKeyOf` puts together, with every aggregate that they need. */
export function planBatches(series: readonly Series[], context: PlanContext): Batch[] {
  const groups = new Map<
    string,
    { endpoint: Endpoint; window: Window; isAdaptive: boolean; members: Series[] }
  >();
  for (const alike of Map.groupBy(series, ({ groupKey }) => groupKey).values()) {
    const [one] = alike;
    if (one === undefined) continue;
    const endpoint = context.endpointOf(one);
    const window = windowOf(one, context);
    const apart = context.isAskedApart?.(one, endpoint) === true ? aggregateSetOf(one) : '';
    const isAdaptive = context.isAdaptive?.(one) === true;
    const key = JSON.stringify(batchKeyOf(one, endpoint, window, isAdaptive)) + apart;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { endpoint, window, isAdaptive, members: alike });
    else group.members = group.members.concat(alike);
  }
  return [...groups.values()].map(({ endpoint, window, isAdaptive, members }) => ({
    query: { ...queryOf(members, endpoint, window, context), ...(isAdaptive ? adaptiveColumns(window) : {}) },
    series: members,
  }));
}

export const routesOf = (members: readonly Series[]): string[] =>
  [...new Set(members.flatMap(({ route }) => route ?? []))].sort();

/** Returns whether the window of a series may be shorter while requests rise, as its label or else its project says. */
export const adaptiveBy =
  (
    settingsOf: (project: string) => { readonly window: WindowMode },
    /** Whether the learned delay of the series has just proved too short. */
    wasJustRaised: (series: Series) => boolean,
  ) =>
  (series: Series): boolean =>
    mayAdapt(series) &&
    (series.windowMode ?? settingsOf(series.project).window) === 'adaptive' &&
    !wasJustRaised(series);

/** Returns what the series of one query have in common. */
export const batchKeyOf = (
  { metric, project, logstore, route, filters }: Series,
  endpoint: Endpoint,
  { startSeconds, endSeconds }: Window,
  isAdaptive: boolean,
) => ({
  endpoint: endpoint.url,
  project,
  logstore,
  logKind: logKindKey(metric.logKind),
  startSeconds,
  endSeconds,
  windowMode: isAdaptive ? 'adaptive' : 'fixed',
  scope: route === undefined ? 'logstore' : 'routes',
  filters: filterKey(filters),
});

function queryOf(
  members: readonly Series[],
  endpoint: Endpoint,
  window: Window,
  { nowSeconds, maxNamedRoutes, recentRoutes }: PlanContext,
): AggregateQuery {
  const [first] = members;
  if (first === undefined) throw new RangeError('a batch has at least one series');
  const { project, logstore, metric, route, filters, groupKey } = first;
  const routes = routesOf(members);
  const asked = recentRoutes?.(groupKey, routes) ?? routes.length;
  return {
    endpoint,
    project,
    logstore,
    logKind: metric.logKind,
    filters,
    window,
    plannedAtSeconds: Math.floor(nowSeconds),
    everyRoute: asked > maxNamedRoutes,
    routes: route === undefined ? undefined : routes,
    aggregates: aggregatesOf(members),
  };
}

export const aggregatesOf = (members: readonly Series[]) =>
  Object.assign({}, ...members.map(({ metric }) => metric.aggregates)) as Record<string, string>;

/** An adaptive series needs no other aggregate than counts of lines. */
const adaptiveColumns = (window: Window) => ({
  aggregates: {},
  lastSeconds: countedSpans(windowSeconds(window)),
});

/** Chooses the window of an adaptive series, and returns the outcome of that. */
export interface AdaptiveOutcomes {
  outcomeOf(series: Series, window: Window, result: AggregatesByRoute): Outcome;
}

/** Returns the outcome of one series of a query from its complete result. */
export const outcomeOf = (
  series: Series,
  { window, lastSeconds }: AggregateQuery,
  result: AggregatesByRoute,
  windows: AdaptiveOutcomes,
): Outcome =>
  lastSeconds === undefined
    ? outcomeFromResult(series, window, result)
    : windows.outcomeOf(series, window, result);

/** Returns the outcome of one series for this window from a complete result. */
export function outcomeFromResult(
  { metric, route }: Series,
  window: Window,
  result: AggregatesByRoute,
): Outcome {
  const aggregates = result.get(route);
  const what = `${metric.name} of ${route ?? 'the logstore'}`;
  if (aggregates === undefined) {
    if (metric.emptyValue !== undefined)
      return { kind: 'sample', sample: { value: metric.emptyValue, window } };
    return failed('WindowEmpty', `${what}: no log line in ${windowSeconds(window)} s`);
  }
  const unreadable = metric.readable && unreadableLines(aggregates, metric.readable);
  if (unreadable !== undefined)
    return failed('LinesUnreadable', `${what}: ${unreadable.what}`, unreadable.counted);
  const value = metric.value(aggregates, windowSeconds(window));
  if (Number.isFinite(value) && value >= 0) return { kind: 'sample', sample: { value, window } };
  const wrong = Number.isFinite(value) ? 'below 0' : String(value);
  if (metric.own !== undefined)
    return failed('OwnMetricInvalid', `${what} is ${wrong}, although there are log lines`, String(value));
  return failed('SlsReplyInvalid', `${what} is ${wrong}, which is not a valid value`, String(value));
}

/** @param found differs from read to read, so only the log has it */
const failed = (code: ErrorCode, what: string, found?: string): Outcome => ({
  kind: 'failed',
  error: new AdapterError(code, what, found === undefined ? {} : { cause: new Error(found) }),
});
