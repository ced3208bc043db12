import { AdapterError } from '../errors.ts';

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
  const distance = `at least ${Math.floor(Math.abs(skewSeconds))} s ${skewSeconds > 0 ? 'ahead of' : 'behind'}`;
  throw new AdapterError('ClockSkewed', `SLS, ${where}: the clock of the adapter is ${distance} that of SLS`);
}
