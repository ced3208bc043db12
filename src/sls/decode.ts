import { setImmediate as nextTurn } from 'node:timers/promises';
import { AdapterError } from '../errors.ts';
import type { Aggregates } from '../metric/measures.ts';
import type { Window } from '../metric/sample.ts';
import type { LogQuery, LogSource, Row } from './client.ts';
import { checkClock } from './clock-check.ts';
import { logstoreName } from './endpoint.ts';
import { linesAlias, routeAlias, secondAlias } from './query-text.ts';

/**
 * Runs a query, checks the clock with its reply, and decodes its rows.
 *
 * @param plannedAtSeconds when the query was planned, Unix seconds
 * @throws AdapterError those of the source; `ClockSkewed`; those of `decode`, with the logstore added
 */
export async function queryDecoded<T>(
  logs: LogSource,
  query: LogQuery,
  plannedAtSeconds: number,
  decode: (rows: readonly Row[]) => T,
  signal: AbortSignal,
): Promise<T> {
  const startMs = performance.now();
  const { rows, requestId, serverTimeMs } = await logs.query(query, signal);
  const elapsedMs = performance.now() - startMs;
  checkClock({ plannedAtSeconds, elapsedMs, serverTimeMs }, logstoreName(query));
  // Parsing thousands of rows as JSON took milliseconds, and decoding takes as many: let other work run in between.
  await nextTurn();
  try {
    return decode(rows);
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    const what = `SLS, ${logstoreName(query)}: ${error.what} (request ${requestId ?? '?'})`;
    throw new AdapterError(error.code, what, { slsRequestId: requestId });
  }
}

/**
 * Parses a number of SLS: an integer, or a double as Java prints it (`60.0`, `1.0E-4`, `1.2345E7`).
 *
 * @throws AdapterError `SlsReplyInvalid` for anything else, including `null`, `NaN` and `Infinity`
 */
export function decodeNumber(text: string | undefined, column: string): number {
  if (text !== undefined && /^-?\d+(\.\d+)?(E-?\d{1,3})?$/.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
  }
  throw new AdapterError(
    'SlsReplyInvalid',
    `SLS gave ${text === undefined ? 'nothing' : JSON.stringify(text).slice(0, 100)} for ${column}, which is not a number`,
  );
}

/** What SLS writes for an aggregate without a number, such as the average over lines without one. */
const noNumber: ReadonlySet<string | undefined> = new Set(['null', 'NaN', 'Infinity', '-Infinity']);

/** An aggregate without a number becomes NaN, which is never served. The other aggregates of its row stay valid. */
export function decodeAggregates(row: Row, aliases: readonly string[]): Aggregates {
  const aggregates: Record<string, number> = {};
  for (const alias of aliases) {
    const text = row[alias];
    aggregates[alias] = noNumber.has(text) ? Number.NaN : decodeNumber(text, alias);
  }
  return aggregates;
}

/**
 * Decodes the rows of a grouped result, keyed by route. A route without a row had no line in the window.
 *
 * @param others what to do with a row of a route that was not asked for
 * @throws AdapterError `SlsReplyInvalid`, also if a route that was asked for comes twice
 */
export function decodeByRoute(
  rows: readonly Row[],
  aliases: readonly string[],
  routes: readonly string[],
  others: 'refused' | 'skipped',
): Map<string, Aggregates> {
  const missing = new Set(routes);
  const byRoute = new Map<string, Aggregates>();
  for (const row of rows) {
    const route = row[routeAlias];
    if (route === undefined) throw new AdapterError('SlsReplyInvalid', 'SLS gave a row without a route');
    if (missing.delete(route)) byRoute.set(route, decodeAggregates(row, aliases));
    else if (byRoute.has(route)) throw wrongRoute(route, 'twice');
    else if (others === 'refused') throw wrongRoute(route, 'without being asked for it');
  }
  return byRoute;
}

const wrongRoute = (route: string, how: string) =>
  new AdapterError('SlsReplyInvalid', `SLS gave route ${JSON.stringify(route).slice(0, 100)} ${how}`);

/**
 * Decodes the one row of a result over the whole logstore; its key is the route undefined. The map is empty if the window
 * has no line: sums and averages are NULL then.
 *
 * @param nullLines what a NULL number of lines means. A sum of counts is NULL if there are no lines.
 * @throws AdapterError `SlsReplyInvalid`, also for any other number of rows
 */
export function decodeTotal(
  rows: readonly Row[],
  aliases: readonly string[],
  nullLines: 'none' | 'refused' = 'refused',
): Map<undefined, Aggregates> {
  const [row] = rows;
  if (row === undefined || rows.length > 1) {
    throw new AdapterError('SlsReplyInvalid', `SLS gave ${rows.length} rows instead of one`);
  }
  const lines = row[linesAlias];
  if (lines === 'null' && nullLines === 'none') return new Map();
  if (decodeNumber(lines, linesAlias) === 0) return new Map();
  return new Map([[undefined, decodeAggregates(row, aliases)]]);
}

/**
 * Decodes the rows of a count per second. A second without a row had no line.
 *
 * @throws AdapterError `SlsReplyInvalid`, also for a second that comes twice or lies outside the window
 */
export function decodeSecondCounts(rows: readonly Row[], window: Window): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) {
    const second = decodeCount(row[secondAlias], secondAlias);
    if (second < window.startSeconds || second >= window.endSeconds)
      throw new AdapterError('SlsReplyInvalid', `SLS gave second ${second}, which is outside the window`);
    if (counts.has(second)) throw new AdapterError('SlsReplyInvalid', `SLS gave second ${second} twice`);
    counts.set(second, decodeCount(row[linesAlias], linesAlias));
  }
  return counts;
}

/** A count is a whole number above 0: a group has at least one line. */
function decodeCount(text: string | undefined, column: string): number {
  const value = decodeNumber(text, column);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new AdapterError('SlsReplyInvalid', `SLS gave ${value} for ${column}, which is not a count above 0`);
}
