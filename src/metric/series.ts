import type { MetricDefinition } from './catalog.ts';
import { labelDefinitions } from './labels.ts';
import { routeLabelOf } from './label-values.ts';
import { filterEntries, filterKey, type LineFilters } from './line-filters.ts';
import { routeColumnsOf } from './log-kind.ts';
import type { MetricRequest } from './metric-request.ts';
import { routePlaceholder } from './own/placeholders.ts';

/** What one number is asked of: the smallest thing that is planned, stored and refreshed. */
export interface Series {
  readonly metric: MetricDefinition;
  readonly project: string;
  readonly logstore: string;
  /** Undefined: the whole logstore. */
  readonly route: string | undefined;
  readonly filters: LineFilters;
  readonly intervalSeconds: number;
  readonly delaySeconds: number | undefined;
  readonly internalEndpoint: boolean | undefined;
}

/** One series a route, in the order of the routes; one for the whole logstore. */
export function seriesOf(request: MetricRequest): Series[] {
  const { metric, project, logstore, filters, intervalSeconds, delaySeconds, internalEndpoint } = request;
  const routes = request.routes ?? [undefined];
  const isGrouped = routeColumnsOf(metric.logKind) !== undefined;
  return routes.map((route) => ({
    metric,
    project,
    logstore,
    // Where no query is for many, it is a value like any other.
    ...(isGrouped || route === undefined
      ? { route, filters }
      : { route: undefined, filters: { ...filters, own: { ...filters.own, [routePlaceholder]: route } } }),
    intervalSeconds,
    delaySeconds,
    internalEndpoint,
  }));
}

/** Equal for two series exactly when they are the same number. Retries are no part: they change no number. */
export function seriesKey(series: Series): string {
  const { metric, project, logstore, route, filters, intervalSeconds, delaySeconds, internalEndpoint } =
    series;
  return JSON.stringify([
    metric.name,
    project,
    logstore,
    route ?? null,
    filterKey(filters),
    intervalSeconds,
    delaySeconds ?? null,
    internalEndpoint ?? null,
  ]);
}

/** The labels that tell the items of one reading apart, and name where a number comes from. */
export function seriesLabels(series: Series): Record<string, string> {
  const { project, logstore, route } = labelDefinitions;
  return {
    [project.name]: series.project,
    [logstore.name]: series.logstore,
    ...(series.route === undefined ? {} : { [routeLabelOf(series.metric)]: series.route }),
    ...Object.fromEntries(
      filterEntries(series.filters).map(([id, value]) => [labelDefinitions[id].name, value]),
    ),
    ...Object.fromEntries(
      Object.entries(series.filters.own ?? {}).map(([name, value]) => [
        name === routePlaceholder ? route.name : name,
        value,
      ]),
    ),
  };
}
