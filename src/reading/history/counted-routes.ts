import { toAdapterError, type AdapterError, type ErrorCode } from '../../errors.ts';
import type { MinuteCounts } from '../../forecast/minute-counts.ts';
import { pauseBoundMs } from '../../runtime/back-off.ts';
import type { CountsByMinute } from '../../sls/minute-counts.ts';
import { DeadMinutes, recountedMinutes, type SettledMinute } from './dead-minutes.ts';

/** A route, or the whole logstore: undefined. */
export type Route = string | undefined;

const minutesOfDay = 1440;
/** A row has about 300 bytes while it is read. */
const mostRows = 25_000;
/** A span that SLS cannot count is halved down to this. */
const shortestSpanMinutes = 60;
/** After so many failures, a span that is at fault itself is missing. A younger one is tried again and again. */
const mostFailures = 3;
const youngMinutes = 60;
const pauses = { firstPauseMs: 2000, longestPauseMs: 60_000 };

/** Errors for which a shorter span may be counted, or another one. */
const spanFaults: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SlsIncomplete',
  'SlsTimeout',
  'DeadlineExceeded',
  'SlsReplyInvalid',
]);

/** Half-open, in minutes of Unix time. */
export interface MinuteSpan {
  readonly from: number;
  readonly until: number;
}

/** Routes whose minutes are counted by the same queries, up to the same minute, one span after another. */
export class CountedRoutes {
  /** @bound `reading.maxForecasts` in all, a quarter more for namespaces with few | 25 KB each | half of them for a namespace | `reading.maxForecasts` */
  readonly routes = new Map<Route, MinuteCounts>();
  /** The first minute that is not counted yet. */
  until: number;
  /** Of the last attempt, if it failed. */
  error: AdapterError | undefined;
  /** Monotonic ms. */
  notBeforeMs = 0;
  readonly #dead: DeadMinutes;
  #longestMinutes = minutesOfDay;
  #failures = 0;

  constructor(until: number, holdSeconds: number) {
    this.until = until;
    this.#dead = new DeadMinutes(holdSeconds);
  }

  /**
   * Returns the minutes to count next, as many as fit into one result; undefined: there are none yet. The last ones are
   * counted again, since lines that a collector held up come later.
   */
  next(completeUntil: number): MinuteSpan | undefined {
    const fitting = Math.floor(mostRows / (this.routes.size + 1));
    const minutes = Math.max(1, Math.min(this.#longestMinutes, fitting));
    const until = Math.min(completeUntil, this.until + minutes);
    if (until <= this.until) return undefined;
    return { from: Math.max(until - minutes, Math.min(this.until, completeUntil - recountedMinutes)), until };
  }

  /** Adds what was counted of the span that is next. */
  add({ from, until }: MinuteSpan, { lines, byRoute }: CountsByMinute): void {
    const settled = Array.from(lines, (count, index) => this.#dead.settle(from + index, count)).flat();
    for (const [route, counts] of this.routes) addSettled(counts, settled, from, byRoute.get(route));
    this.#passed(until);
    this.error = undefined;
  }

  /** @returns whether the span is given up, so that its minutes are missing */
  failed({ from, until }: MinuteSpan, thrown: unknown, nowMs: number, completeUntil: number): boolean {
    this.error = toAdapterError(thrown);
    this.#failures += 1;
    this.notBeforeMs = nowMs + pauseBoundMs(this.#failures, pauses);
    if (!spanFaults.has(this.error.code)) return false;
    const minutes = until - from;
    if (minutes > shortestSpanMinutes) {
      this.#longestMinutes = Math.max(shortestSpanMinutes, Math.ceil(minutes / 2));
      this.notBeforeMs = nowMs;
      return false;
    }
    if (this.#failures < mostFailures || until > completeUntil - youngMinutes) return false;
    const settled = Array.from({ length: minutes }, (_, index) =>
      this.#dead.settle(from + index, undefined),
    ).flat();
    for (const counts of this.routes.values()) addSettled(counts, settled, from, undefined);
    this.#passed(until);
    return true;
  }

  #passed(until: number): void {
    this.until = until;
    this.#failures = 0;
    this.notBeforeMs = 0;
  }
}

function addSettled(
  counts: MinuteCounts,
  settled: readonly SettledMinute[],
  from: number,
  sums: Float64Array | undefined,
): void {
  for (const { minute, is } of settled) {
    // A minute whose lines cannot be read has NaN.
    const sum = is === 'counted' ? sums?.[minute - from] : is === 'zero' ? 0 : undefined;
    counts.add(minute, sum !== undefined && Number.isNaN(sum) ? undefined : sum);
  }
}
