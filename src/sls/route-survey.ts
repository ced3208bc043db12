import { AdapterError } from '../errors.ts';
import { createCatalog, type MetricDefinition } from '../metric/catalog.ts';
import { logColumns } from '../metric/log-kind.ts';
import type { Aggregates } from '../metric/measures.ts';
import { unreadableLines } from '../metric/readable-lines.ts';
import { windowSeconds } from '../metric/sample.ts';
import type { LogSource, Row } from './client.ts';
import { decodeAggregates, decodeNumber } from './decode.ts';
import type { LogstoreAddress } from './logstore-address.ts';
import { routeAlias } from './query-text.ts';
import {
  busiestAlias,
  busiestMinuteText,
  lastSecondAlias,
  surveyText,
  type SurveyStatement,
} from './route-survey-text.ts';
import { unindexedField } from './sls-error.ts';

export interface SurveyQuery extends LogstoreAddress, Omit<SurveyStatement, 'hasAlternative'> {}

/** What was seen of one route. */
export interface SurveyedRoute {
  readonly route: string;
  /** Requests per second, over the whole window. */
  readonly qps: number;
  /** Requests per second in the busiest minute. */
  readonly peakQps: number;
  /** Undefined: the log does not say it. */
  readonly latencyP95Ms: number | undefined;
  /** Share of requests with a 5xx; undefined: the log does not say it. */
  readonly errorRatio: number | undefined;
  /** Unix seconds. */
  readonly lastSeenSeconds: number;
}

/** The metrics of the catalogue that a survey shows, by what follows the prefix of the kind of log. */
const prefixes = { 'nginx-ingress': 'sls_ingress_', 'alb-ingress': 'sls_alb_ingress_' } as const;

/** The metric that an HPA of that kind of log asks for. */
export const qpsMetricOf = (logKind: SurveyQuery['logKind']): string => `${prefixes[logKind]}qps`;

/**
 * The routes of a logstore with the most requests, those first. What needs a field without an index is left out of
 * each, rather than fail them all.
 *
 * @throws AdapterError one of the codes of SLS; never a partial result
 */
export async function surveyRoutes(
  query: SurveyQuery,
  logs: LogSource,
  signal: AbortSignal,
): Promise<SurveyedRoute[]> {
  const { rows, hasAlternative, metrics } = await seenRows(query, logs, signal);
  const busiest = await logs.query(logQuery(query, busiestMinuteText({ ...query, hasAlternative })), signal);
  const peaks = new Map(busiest.rows.map((row) => [row[routeAlias], row[busiestAlias]]));
  return rows.map((row) => decodeRoute(row, peaks.get(row[routeAlias] ?? ''), metrics, query));
}

async function seenRows(query: SurveyQuery, logs: LogSource, signal: AbortSignal) {
  const { find } = createCatalog();
  const names = ['latency_p95', 'error_ratio'].map((suffix) => `${prefixes[query.logKind]}${suffix}`);
  let metrics = names.map(find);
  let hasAlternative = true;
  for (;;) {
    const ofMetrics = metrics.map((metric) => metric.aggregates);
    const aggregates = Object.assign({ requests: 'count(*)' }, ...ofMetrics) as Record<string, string>;
    const text = surveyText({ ...query, hasAlternative }, aggregates);
    try {
      const { rows } = await logs.query(logQuery(query, text), signal);
      return { rows, hasAlternative, metrics };
    } catch (error) {
      const field = error instanceof AdapterError ? unindexedField(error) : undefined;
      const { alternative } = logColumns[query.logKind].route;
      if (field === undefined) throw error;
      const rest = metrics.filter((metric) => !isOf(metric, field));
      if (hasAlternative && field === alternative) hasAlternative = false;
      else if (rest.length < metrics.length) metrics = rest;
      else throw error;
    }
  }
}

const isOf = ({ aggregates }: MetricDefinition, field: string): boolean =>
  Object.values(aggregates).some((sql) => sql.split(/\W+/).includes(field));

const logQuery = (query: SurveyQuery, text: string) => ({
  endpoint: query.endpoint,
  project: query.project,
  logstore: query.logstore,
  fromSeconds: query.window.startSeconds,
  toSeconds: query.window.endSeconds,
  query: text,
});

function decodeRoute(
  row: Row,
  busiest: string | undefined,
  metrics: readonly MetricDefinition[],
  { window, logKind }: SurveyQuery,
): SurveyedRoute {
  const route = row[routeAlias];
  if (route === undefined) throw new AdapterError('SlsReplyInvalid', 'SLS gave a row without a route');
  const valueOf = (suffix: string): number | undefined => {
    const metric = metrics.find(({ name }) => name === `${prefixes[logKind]}${suffix}`);
    if (metric === undefined) return undefined;
    const aggregates = decodeAggregates(row, Object.keys(metric.aggregates));
    return isReadable(metric, aggregates) ? metric.value(aggregates, windowSeconds(window)) : undefined;
  };
  const qps = decodeNumber(row['requests'], 'requests') / windowSeconds(window);
  return {
    route,
    qps,
    // No less than the average: a minute that the window cuts has a part of its requests, and a route whose first line
    // came between the two queries has no minute yet.
    peakQps: Math.max(qps, busiest === undefined ? 0 : decodeNumber(busiest, busiestAlias) / 60),
    latencyP95Ms: valueOf('latency_p95'),
    errorRatio: valueOf('error_ratio'),
    lastSeenSeconds: decodeNumber(row[lastSecondAlias], lastSecondAlias),
  };
}

const isReadable = ({ readable }: MetricDefinition, aggregates: Aggregates): boolean =>
  readable === undefined || unreadableLines(aggregates, readable) === undefined;
