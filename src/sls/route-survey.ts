import { AdapterError } from '../errors.ts';
import { metricsOf, valueOf, type MetricDefinition } from '../metric/catalog.ts';
import { canaryColumnOf, placeholdersOf, type ColumnId, type IngressLog } from '../metric/log-kind.ts';
import { windowSeconds, type Window } from '../metric/sample.ts';
import { logQuery, type LogSource } from './client.ts';
import type { Row } from './read-reply.ts';
import { columnsOf, decodeAggregates, decodeCount } from './decode.ts';
import type { LogstoreAddress } from './endpoint.ts';
import { agentField } from './heartbeat-lines.ts';
import {
  isOneOf,
  logSql,
  noHeartbeat,
  routeAlias,
  routeExpression,
  sqlString,
  timeCondition,
} from './query-text.ts';
import { unindexedField } from './sls-error.ts';

export interface SurveyQuery extends LogstoreAddress {
  readonly logKind: IngressLog;
  readonly window: Window;
  /** These routes, or those that start with the name of a namespace. Neither: all. */
  readonly routes: readonly string[] | undefined;
  readonly namespace: string | undefined;
  /** Whether to count `routes` as one, in one row. */
  readonly together?: boolean;
  /** Whether to leave out the lines of heartbeats, if their field has an index. */
  readonly withoutHeartbeats?: boolean;
  /** At most this many routes, those with the most requests. */
  readonly maxRows: number;
}

export interface SurveyedRoute {
  readonly route: string;
  /** Requests per second, over the whole window. */
  readonly qps: number;
  /** Requests per second in the busiest minute. */
  readonly peakQps: number;
  /** Undefined if the log does not contain it. */
  readonly latencyP95Ms: number | undefined;
  /** Share of requests with a 5xx; undefined if the log does not contain it. */
  readonly errorRatio: number | undefined;
  /** Unix seconds, as is `lastSeenSeconds`. */
  readonly firstSeenSeconds: number;
  readonly lastSeenSeconds: number;
}

type Statement = SurveyQuery & { readonly hasAlternative: boolean };

const firstSecondAlias = 'first_second';
const lastSecondAlias = 'last_second';
const busiestAlias = 'busiest_minute';

/** Returns the metric that an HPA reads from that kind of log. */
export const qpsMetricOf = ({ metricPrefix }: IngressLog): string => `${metricPrefix}qps`;

/**
 * Returns the routes of a logstore with the most requests, in descending order. A column that needs a field without an
 * index is left out of all routes; the survey does not fail for it.
 *
 * @throws AdapterError with one of the codes of SLS; a result is never partial
 */
export async function surveyRoutes(
  query: SurveyQuery,
  logs: LogSource,
  signal: AbortSignal,
): Promise<SurveyedRoute[]> {
  const { rows, hasAlternative, withoutHeartbeats, metrics } = await seenRows(query, logs, signal);
  const text = busiestMinuteText({ ...query, hasAlternative, withoutHeartbeats });
  const busiest = await logs.query(logQuery(query, query.window, text), signal);
  const peaks = new Map(busiest.rows.map((row) => [row[routeAlias], row[busiestAlias]]));
  return rows.map((row) => decodeRoute(row, peaks.get(row[routeAlias] ?? ''), metrics, query));
}

/** Drops the metrics whose field has no index, and the alternative column, until SLS accepts the query. */
async function seenRows(query: SurveyQuery, logs: LogSource, signal: AbortSignal) {
  const names = ['latency_p95', 'error_ratio'].map((suffix) => `${query.logKind.metricPrefix}${suffix}`);
  let metrics = metricsOf(query.logKind).filter(({ name }) => names.includes(name));
  let hasAlternative = true;
  let { withoutHeartbeats = false } = query;
  for (;;) {
    const ofMetrics = metrics.map((metric) => metric.aggregates);
    const aggregates = Object.assign({ requests: 'count(*)' }, ...ofMetrics) as Record<string, string>;
    const text = surveyText({ ...query, hasAlternative, withoutHeartbeats }, aggregates);
    try {
      const { rows } = await logs.query(logQuery(query, query.window, text), signal);
      return { rows, hasAlternative, withoutHeartbeats, metrics };
    } catch (error) {
      const field = unindexedField(error);
      const alternative = canaryColumnOf(query.logKind);
      if (field === undefined) throw error;
      const rest = metrics.filter((metric) => !usesField(metric, query.logKind, field));
      if (withoutHeartbeats && field === agentField) withoutHeartbeats = false;
      else if (hasAlternative && field === alternative) hasAlternative = false;
      else if (rest.length < metrics.length) metrics = rest;
      else throw error;
    }
  }
}

/** Returns the SQL expression whose values are the rows of the survey. */
function rowExpression(statement: Statement): string {
  const route = routeExpression(statement);
  const { together = false, routes = [] } = statement;
  return together ? `CASE WHEN ${isOneOf(route, routes)} THEN 'together' END` : route;
}

const usesField = ({ aggregates }: MetricDefinition, { columns }: IngressLog, field: string): boolean =>
  placeholdersOf(Object.values(aggregates).join()).some((name) => columns[name as ColumnId]?.name === field);

/** One row per route: the aggregates (alias → SQL, `requests` among them), and the seconds of its first and last line. */
function surveyText(statement: Statement, aggregates: Readonly<Record<string, string>>): string {
  const columns = [
    `${rowExpression(statement)} AS ${routeAlias}`,
    ...Object.entries(aggregates).map(([alias, sql]) => `${logSql(sql, statement.logKind)} AS ${alias}`),
    `min(__time__) AS ${firstSecondAlias}`,
    `max(__time__) AS ${lastSecondAlias}`,
  ];
  return [
    `* | SELECT ${columns.join(', ')} FROM log WHERE ${condition(statement)}`,
    `GROUP BY ${routeAlias} ORDER BY requests DESC, ${routeAlias} LIMIT ${statement.maxRows}`,
  ].join(' ');
}

/**
 * One row per route: the requests of its busiest clock minute. The subquery needs no LIMIT: SLS's default bounds final
 * results only. Source: SLS, "LIMIT clause".
 */
function busiestMinuteText(statement: Statement): string {
  const minutes = [
    `SELECT ${rowExpression(statement)} AS ${routeAlias}`,
    '__time__ - __time__ % 60 AS minute_start',
    `count(*) AS minute_requests FROM log WHERE ${condition(statement)} GROUP BY ${routeAlias}`,
    'minute_start',
  ].join(', ');
  return [
    `* | SELECT ${routeAlias}, max(minute_requests) AS ${busiestAlias}, sum(minute_requests) AS requests`,
    `FROM (${minutes}) GROUP BY ${routeAlias} ORDER BY requests DESC, ${routeAlias} LIMIT ${statement.maxRows}`,
  ].join(' ');
}

function condition(statement: Statement): string {
  const { window, routes, namespace } = statement;
  const route = routeExpression(statement);
  // `-` and the empty text stand for requests that reached no backend.
  const conditions = [timeCondition(window), `${route} IS NOT NULL`, `${route} NOT IN ('', '-')`];
  if (statement.withoutHeartbeats === true) conditions.push(noHeartbeat());
  if (routes !== undefined) conditions.push(isOneOf(route, routes));
  if (namespace !== undefined) conditions.push(`strpos(${route}, ${sqlString(`${namespace}-`)}) = 1`);
  return conditions.join(' AND ');
}

function decodeRoute(
  row: Row,
  busiest: string | undefined,
  metrics: readonly MetricDefinition[],
  { window, logKind }: SurveyQuery,
): SurveyedRoute {
  const route = row[routeAlias];
  if (route === undefined) throw new AdapterError('SlsReplyInvalid', 'SLS gave a row without a route');
  const valueIn = (suffix: string): number | undefined => {
    const metric = metrics.find(({ name }) => name === `${logKind.metricPrefix}${suffix}`);
    if (metric === undefined) return undefined;
    return valueOf(
      metric,
      decodeAggregates(row, columnsOf(logKind, metric.aggregates)),
      windowSeconds(window),
    );
  };
  const qps = decodeCount(row['requests'], 'requests') / windowSeconds(window);
  return {
    route,
    qps,
    // At least the average: the window may cut a minute, and a route whose first line came between the two queries has
    // no minute yet.
    peakQps: Math.max(qps, busiest === undefined ? 0 : decodeCount(busiest, busiestAlias) / 60),
    latencyP95Ms: valueIn('latency_p95'),
    errorRatio: valueIn('error_ratio'),
    firstSeenSeconds: decodeCount(row[firstSecondAlias], firstSecondAlias),
    lastSeenSeconds: decodeCount(row[lastSecondAlias], lastSecondAlias),
  };
}
