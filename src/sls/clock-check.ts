import { AdapterError } from '../errors.ts';

/** When a query was planned by our clock, and answered by that of SLS. */
export interface QueryTimes {
  /** Unix seconds: what the query's window is counted back from. */
  readonly plannedAtSeconds: number;
  /**
   * Since the query was planned, as far as known, by a monotonic clock. Earlier attempts and the pauses before a
   * retry are not in it.
   */
  readonly elapsedMs: number;
  /** The reply's `Date`, Unix ms of a whole second; undefined: the reply says nothing of its time. */
  readonly serverTimeMs: number | undefined;
}

/** A window that ends 2 s ago at the earliest is still in the past. */
const maxAheadSeconds = 2;

/** More than a query may be old when it is sent for the last time: a read's deadline is 20 s at most. */
const maxBehindSeconds = 30;

/**
 * How far our clock is from that of SLS at the least, in seconds: above 0 ahead of it, below 0 behind. 0 where it
 * may be right.
 *
 * `Date` has whole seconds, so that SLS's own time lies within the second after it; ours is cut to whole seconds
 * too. Planning comes before the reply: a clock ahead shows at once, one behind only beyond the time elapsed.
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
 * A clock that is ahead makes a window of the future, in which nothing is logged yet; one that is behind makes old
 * numbers look new.
 *
 * @param where project and logstore, for the message
 * @throws AdapterError `ClockSkewed` where ours is for sure more than 2 s ahead of SLS, or more than 30 s behind
 */
export function checkClock(times: QueryTimes, where: string): void {
  const skewSeconds = clockSkewSeconds(times);
  if (skewSeconds < maxAheadSeconds && skewSeconds > -maxBehindSeconds) return;
  const distance = `at least ${Math.floor(Math.abs(skewSeconds))} s ${skewSeconds > 0 ? 'ahead of' : 'behind'}`;
  throw new AdapterError('ClockSkewed', `SLS, ${where}: the clock of the adapter is ${distance} that of SLS`);
}

/** @returns Unix ms; undefined where there is no such header, or it is not as RFC 9110, 5.6.7 has it written */
export function parseDateHeader(text: string | undefined): number | undefined {
  if (text === undefined || !/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
