import { AdapterError } from '../errors.ts';
import { valueOf, type MetricDefinition } from '../metric/catalog.ts';
import { canaryColumnOf } from '../metric/log-kind.ts';
import { windowSeconds } from '../metric/sample.ts';
import { logQuery, type LogQuery, type LogSource } from './client.ts';
import { columnsOf, decodeAggregates, decodeCount, queryDecoded } from './decode.ts';
import type { LogstoreAddress } from './endpoint.ts';
import type { HeartbeatLines } from './heartbeat-lines.ts';
import {
  byMinuteText,
  countedLines,
  linesAlias,
  minuteAlias,
  otherLines,
  routeAlias,
  type Statement,
} from './query-text.ts';
import type { Row } from './read-reply.ts';
import { unindexedField } from './sls-error.ts';

/** Asks what a forecast is made from. */
export interface MinuteQuery extends LogstoreAddress, Pick<Statement, 'filters' | 'routes' | 'window'> {
  /** A forecast. */
  readonly metric: MetricDefinition;
  readonly plannedAtSeconds: number;
  readonly namespaces?: ReadonlySet<string>;
}

/** What was logged in each minute of a window, which is of whole minutes. */
export interface CountsByMinute {
  /** All lines of the logstore, of any route and form. */
  readonly lines: Float64Array;
  /**
   * Route → the value of the metric, as if the minute were a second. NaN: it cannot be computed from the lines of the minute. The whole logstore has the
   * key undefined.
   */
  readonly byRoute: ReadonlyMap<string | undefined, Float64Array>;
}

/** Returns the query as it is sent, unless the index of the logstore lacks a column. */
export const minuteLogQuery = (
  query: MinuteQuery,
  variant: { readonly hasAlternative: boolean; readonly withoutHeartbeats: boolean },
): LogQuery => {
  const { metric, window, namespaces } = query;
  const text = byMinuteText({
    ...{ ...query, ...variant, logKind: metric.logKind, aggregates: metric.aggregates },
    everyRoute: false,
  });
  const sent = { ...logQuery(query, window, text), isBackground: true };
  return namespaces === undefined ? sent : { ...sent, namespaces };
};

/**
 * Counts the minutes of a window in one SLS request, or more where the index of the logstore lacks a column. Readings never
 * wait for it.
 *
 * @throws AdapterError with one of the codes of SLS; a result is never partial
 */
export async function countMinutes(
  query: MinuteQuery,
  logs: LogSource,
  signal: AbortSignal,
  heartbeats?: HeartbeatLines,
): Promise<CountsByMinute> {
  const ask = async (withoutHeartbeats: boolean, hasAlternative = true): Promise<CountsByMinute> => {
    const sent = minuteLogQuery(query, { hasAlternative, withoutHeartbeats });
    const decode = (rows: readonly Row[]) => decodeMinutes(rows, query);
    try {
      return await queryDecoded(logs, sent, query.plannedAtSeconds, decode, signal);
    } catch (error) {
      const alternative = canaryColumnOf(query.metric.logKind);
      if (!hasAlternative || alternative === undefined || unindexedField(error) !== alternative) throw error;
      return ask(withoutHeartbeats, false);
    }
  };
  return heartbeats === undefined ? ask(false) : heartbeats.query(query, (log) => ask(log !== undefined));
}

function decodeMinutes(rows: readonly Row[], { metric, routes, window }: MinuteQuery): CountsByMinute {
  const minutes = windowSeconds(window) / 60;
  const lines = new Float64Array(minutes);
  const keys = routes ?? [undefined];
  // One block of memory: a thousand small ones are given back late, and leave gaps.
  const sumsOfAll = new Float64Array(keys.length * minutes);
  const byRoute = new Map(
    keys.map((route, index) => [route, sumsOfAll.subarray(index * minutes, (index + 1) * minutes)]),
  );
  const columns = columnsOf(metric.logKind, metric.aggregates);
  const seen = new Set<string>();
  for (const row of rows) {
    const index = (decodeCount(row[minuteAlias], minuteAlias) - window.startSeconds) / 60;
    const route = row[routeAlias];
    const sums = byRoute.get(routes === undefined && route === countedLines ? undefined : route);
    if (lines[index] === undefined || (sums === undefined && route !== otherLines))
      throw new AdapterError('SlsReplyInvalid', 'SLS gave a row of another minute or route than asked for');
    if (seen.size === seen.add(`${index} ${route}`).size)
      throw new AdapterError('SlsReplyInvalid', 'SLS gave a minute of a route twice');
    const aggregates = decodeAggregates(row, columns);
    lines[index] += decodeCount(row[linesAlias], linesAlias);
    if (sums === undefined) continue;
    sums[index] = valueOf(metric, aggregates, 1) ?? Number.NaN;
  }
  return { lines, byRoute };
}
