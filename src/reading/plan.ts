import { AdapterError } from '../errors.ts';
import { windowSeconds, type Outcome, type Window } from '../metric/sample.ts';
import { filterEntries } from '../metric/line-filters.ts';
import type { Series } from '../metric/series.ts';
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
}

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
  for (const one of series) {
    const endpoint = context.endpointOf(one);
    const window = windowOf(one, context);
    const key = groupKey(one, endpoint, window);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { endpoint, window, series: [one] });
    else group.series.push(one);
  }
  return [...groups.values()].map(({ endpoint, window, series: members }) => ({
    query: queryOf(members, endpoint, window, context),
    series: members,
  }));
}

function groupKey(
  { metric, project, logstore, route, filters }: Series,
  endpoint: Endpoint,
  window: Window,
): string {
  const scope = route === undefined ? 'logstore' : 'routes';
  const { protocol, authority } = endpoint;
  const { startSeconds, endSeconds } = window;
  return JSON.stringify([
    protocol,
    authority,
    project,
    logstore,
    metric.logKind,
    startSeconds,
    endSeconds,
    scope,
    filterEntries(filters),
  ]);
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
  const routes = new Set(members.flatMap((series) => series.route ?? []));
  return {
    endpoint,
    project,
    logstore,
    logKind: metric.logKind,
    filters,
    window,
    plannedAtSeconds: Math.floor(nowSeconds),
    everyRoute: routes.size > maxNamedRoutes,
    routes: route === undefined ? undefined : [...routes].sort(),
    aggregates: Object.assign({}, ...members.map((series) => series.metric.aggregates)) as Record<
      string,
      string
    >,
  };
}

/** What a batch's complete result says of one of its series. */
export function outcomeOf({ metric, route }: Series, window: Window, result: AggregatesByRoute): Outcome {
  const aggregates = result.get(route);
  const value =
    aggregates === undefined ? metric.emptyValue : metric.value(aggregates, windowSeconds(window));
  if (Number.isFinite(value) && value >= 0) return { kind: 'sample', sample: { value, window } };
  const what = `${metric.name} of ${route ?? 'the logstore'} came out as ${value}, which is no reading`;
  return { kind: 'failed', error: new AdapterError('SlsReplyInvalid', what) };
}
