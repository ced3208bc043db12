import { setImmediate as nextTurn } from 'node:timers/promises';
import { AdapterError } from '../errors.ts';
import { isIngressLog, type LogKind, type SqlTemplate } from '../metric/log-kind.ts';
import type { Aggregates } from '../metric/measures.ts';
import type { Window } from '../metric/sample.ts';
import type { LogQuery, LogSource } from './client.ts';
import type { Row } from './read-reply.ts';
import { logstoreName } from '../metric/series.ts';
import { linesAlias, newestAlias, routeAlias, secondAlias } from './query-text.ts';

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
    const what = `SLS, ${logstoreName(query)}: ${error.what}`;
    throw new AdapterError(error.code, what, { cause: error.cause, slsRequestId: requestId });
  }
}

/** When a query was planned by the adapter's clock, and answered by the clock of SLS. */
export interface QueryTimes {
  /** Unix seconds. The query's window is counted back from then. */
  readonly plannedAtSeconds: number;
  /**
   * Time since the query was planned, as far as known, by a monotonic clock. It lacks earlier attempts and the pauses
   * before a retry.
   */
  readonly elapsedMs: number;
  /** The reply's `Date`, Unix ms of a whole second; undefined if the reply has none. */
  readonly serverTimeMs: number | undefined;
}

/** The shortest delay is 2 s, so up to here a window still ends in the past. */
const maxAheadSeconds = 2;

/** Longer than a query can wait for its last attempt: the deadline of a read is at most 20 s. */
const maxBehindSeconds = 30;

/**
 * Returns by how many seconds the adapter's clock differs from that of SLS at least: above 0 if it is ahead, below 0 if
 * it is behind, 0 if it may be right.
 *
 * `Date` has whole seconds, so the time of SLS lies within the second after it; the planning time is cut to whole
 * seconds too. Planning comes before the reply, so a clock that is ahead shows at once, and one that is behind only
 * beyond the elapsed time.
 */
export function clockSkewSeconds({ plannedAtSeconds, elapsedMs, serverTimeMs }: QueryTimes): number {
  if (serverTimeMs === undefined) return 0;
  const dateSeconds = serverTimeMs / 1000;
  const aheadSeconds = plannedAtSeconds - (dateSeconds + 1);
  if (aheadSeconds > 0) return aheadSeconds;
  const behindSeconds = dateSeconds - (plannedAtSeconds + 1) - elapsedMs / 1000;
  return behindSeconds > 0 ? -behindSeconds : 0;
}

/**
 * Refuses to trust a wrong clock. If it is ahead, the window lies in the future, where nothing is logged yet; if it is
 * behind, old numbers look new.
 *
 * @param where project and logstore, for the message
 * @throws AdapterError `ClockSkewed` if the clock is certainly 2 s or more ahead of SLS, or 30 s or more behind
 */
export function checkClock(times: QueryTimes, where: string): void {
  const skewSeconds = clockSkewSeconds(times);
  if (skewSeconds < maxAheadSeconds && skewSeconds > -maxBehindSeconds) return;
  const side = skewSeconds > 0 ? 'ahead of' : 'behind';
  const seconds = Math.abs(skewSeconds);
  throw new AdapterError(
    'ClockSkewed',
    `SLS, ${where}: the clock of the adapter is ${roughly(seconds)} ${side} that of SLS`,
    { cause: new Error(`at least ${Math.floor(seconds)} s ${side} SLS`) },
  );
}

/** The measured time differs by seconds from read to read, so the message has only its order. */
const roughly = (seconds: number): string =>
  seconds > 3500 ? 'an hour or more' : seconds > 50 ? 'a minute or more' : 'some seconds';

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
  if (text === undefined) throw wrongReply(`nothing for ${column}, which is not a number`);
  const shown = JSON.stringify(text).slice(0, 100);
  throw wrongReply(`a text for ${column} that is not a number`, `${shown} for ${column}`);
}

/**
 * Parses a number of lines, or a Unix second: a whole number, also if SLS prints it as a double.
 *
 * @param least a group has at least 1 line
 * @throws AdapterError `SlsReplyInvalid` for anything else, also above 2^53 - 1
 */
export function decodeCount(text: string | undefined, column: string, least = 0): number {
  const value = decodeNumber(text, column);
  if (isCount(value, least)) return value;
  throw wrongReply(`a number for ${column} that is not a count from ${least} on`, `${text} for ${column}`);
}

/** SLS prints no count as `-0`. */
const isCount = (value: number, least: number): boolean =>
  Number.isSafeInteger(value) && value >= least && !Object.is(value, -0);

/** The column of an aggregate. */
interface AggregateColumn {
  readonly alias: string;
  /** Whether the aggregate can have this value, in a row of so many requests. */
  readonly canBe: (value: number, requests: number) => boolean;
}

/**
 * Returns the columns of these aggregates of a group that has lines. Their SQL says which numbers they can have: `count(*)`
 * a whole number from 1 on, the count of some of these lines at most as much. Whether a sum, a percentile or SQL of the
 * configuration makes sense is judged by the value of the metric: a strange line must not fail the routes beside its own.
 *
 * @param aggregates alias → SQL
 */
export const columnsOf = (
  logKind: LogKind,
  aggregates: Readonly<Record<string, SqlTemplate>>,
): AggregateColumn[] =>
  Object.entries(aggregates).map(([alias, sql]) => {
    if (!isIngressLog(logKind) || !/^count(_if)?\(/.test(sql)) return { alias, canBe: () => true };
    if (sql === 'count(*)') return { alias, canBe: (value) => isCount(value, 1) };
    return { alias, canBe: (value, requests) => isCount(value, 0) && value <= requests };
  });

/**
 * Decodes one aggregate.
 *
 * @throws AdapterError `SlsReplyInvalid` for what is not a number, and for a number that the aggregate cannot have
 */
export function decodeAggregate(row: Row, { alias, canBe }: AggregateColumn): number {
  const { [alias]: text, requests = Infinity } = row;
  const value = decodeNumber(text, alias);
  if (canBe(value, Number(requests))) return value;
  throw wrongReply(`a number for ${alias} that is no count of lines`, `${text} for ${alias}`);
}

/** What SLS writes for an aggregate without a number, such as the average over lines without one. */
const noNumber: ReadonlySet<string | undefined> = new Set(['null', 'NaN', 'Infinity', '-Infinity']);

/** An aggregate without a number becomes NaN, which is never served. The other aggregates of its row stay valid. */
export function decodeAggregates(row: Row, columns: readonly AggregateColumn[]): Aggregates {
  const aggregates: Record<string, number> = {};
  for (const column of columns)
    aggregates[column.alias] = noNumber.has(row[column.alias]) ? Number.NaN : decodeAggregate(row, column);
  return aggregates;
}

/**
 * Decodes the rows of a grouped result, keyed by route. A route without a row had no line in the window.
 *
 * @param others what to do with a row of a route that was not asked for. If such a row is kept, what is not a number in it
 *   becomes NaN, and so does a route that comes twice: only the routes that were asked for fail the whole result.
 * @throws AdapterError `SlsReplyInvalid`, also if a route that was asked for comes twice
 */
export function decodeByRoute(
  rows: readonly Row[],
  columns: readonly AggregateColumn[],
  routes: readonly string[],
  others: 'refused' | 'kept',
): Map<string, Aggregates> {
  const asked = new Set(routes);
  const missing = new Set(routes);
  const byRoute = new Map<string, Aggregates>();
  for (const row of rows) {
    const route = row[routeAlias];
    if (route === undefined) throw wrongReply('a row without a route');
    if (missing.delete(route)) byRoute.set(route, decodeAggregates(row, columns));
    else if (asked.has(route)) throw wrongRoute(route, 'twice');
    else if (others === 'refused') throw wrongRoute(route, 'without being asked for it');
    else byRoute.set(route, byRoute.has(route) ? noNumbers(columns) : numbersOf(row, columns));
  }
  return byRoute;
}

const noNumbers = (columns: readonly AggregateColumn[]): Aggregates =>
  Object.fromEntries(columns.map(({ alias }) => [alias, Number.NaN]));

function numbersOf(row: Row, columns: readonly AggregateColumn[]): Aggregates {
  try {
    return decodeAggregates(row, columns);
  } catch {
    return noNumbers(columns);
  }
}

/** @param found differs from reply to reply, so only the log has it */
const wrongReply = (what: string, found?: string) =>
  new AdapterError('SlsReplyInvalid', `SLS gave ${what}`, {
    cause: found === undefined ? undefined : new Error(`SLS gave ${found}`),
  });

const wrongRoute = (route: string, how: string) =>
  wrongReply(`route ${JSON.stringify(route).slice(0, 100)} ${how}`);

/**
 * Decodes the one row of a result over the whole logstore; its key is the route undefined. The map is empty if the window
 * has no line: sums and averages are NULL then.
 *
 * @param nullLines what a NULL number of lines means. A sum of counts is NULL if there are no lines.
 * @throws AdapterError `SlsReplyInvalid`, also for any other number of rows
 */
export function decodeTotal(
  rows: readonly Row[],
  columns: readonly AggregateColumn[],
  nullLines: 'none' | 'refused' = 'refused',
): Map<undefined, Aggregates> {
  const [row] = rows;
  if (row === undefined || rows.length > 1)
    throw wrongReply('no row, or several, instead of one', `${rows.length} rows`);
  const lines = row[linesAlias];
  if (lines === 'null' && nullLines === 'none') return new Map();
  if (decodeCount(lines, linesAlias) === 0) return new Map();
  return new Map([[undefined, decodeAggregates(row, columns)]]);
}

/**
 * Returns the second of the newest line that the rows of a result count; undefined if they count none.
 *
 * @throws AdapterError `SlsReplyInvalid`, also for a second outside the window
 */
export function newestIn(rows: readonly Row[], window: Window): number | undefined {
  let newest: number | undefined;
  for (const { [newestAlias]: text } of rows) {
    if (text === 'null') continue;
    const second = decodeCount(text, newestAlias);
    if (second < window.startSeconds || second >= window.endSeconds)
      throw wrongReply(`a line of second ${second}, which is outside the window`);
    if (newest === undefined || second > newest) newest = second;
  }
  return newest;
}

/**
 * Decodes the rows of a count per second. A second without a row had no line.
 *
 * @param alias of the count; seconds of which it is 0 are left out, unless it counts all lines
 * @param wholeAlias of the count that it is a part of
 * @throws AdapterError `SlsReplyInvalid`, also for a second that comes twice or lies outside the window
 */
export function decodeSecondCounts(
  rows: readonly Row[],
  window: Window,
  alias: string = linesAlias,
  wholeAlias: string = linesAlias,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) {
    const second = decodeCount(row[secondAlias], secondAlias);
    if (second < window.startSeconds || second >= window.endSeconds)
      throw wrongReply('a second outside the window', `second ${second}`);
    if (counts.has(second)) throw wrongReply('a second twice', `second ${second} twice`);
    decodeCount(row[linesAlias], linesAlias, 1);
    const whole = decodeCount(row[wholeAlias], wholeAlias);
    const count = decodeCount(row[alias], alias);
    if (count > whole) throw wrongReply(`more of ${alias} than ${wholeAlias}`, `${count} of ${whole} lines`);
    if (count > 0) counts.set(second, count);
  }
  return counts;
}
