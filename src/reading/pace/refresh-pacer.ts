import { periodMs, planRefresh, type NextRefresh } from './next-refresh.ts';

/** How many refreshes tell how long one takes: as long as the second longest of them. */
const rememberedDurations = 8;
const firstDurationMs = 300;
/** A slow SLS must not move the start of a refresh to before the reads that the last one serves. */
const longestDurationMs = 3000;

/** Says when the next refresh of one logstore starts, and keeps to the budget. */
export class RefreshPacer {
  /**
   * When the last refreshes were to start, as many as a period may have. It is not when they did: a refresh that was late
   * once must not be late in each period.
   *
   * @bound one period of refreshes | - | one logstore | `reading.refreshesIn15Seconds`
   */
  #startsMs: readonly number[];
  /** @bound a few | - | one logstore | a constant */
  readonly #durationsMs: number[] = [];

  /** @param budget how many refreshes a period of 15 s may have */
  constructor(budget: number) {
    this.#startsMs = Array.from({ length: budget }, () => -Infinity);
  }

  /**
   * Returns the next refresh; undefined if the last one serves all reads that are due.
   *
   * @param dueMs when reads are due, monotonic ms, in ascending order
   * @param unixOffsetMs the Unix time less the monotonic time, in ms
   */
  next(dueMs: readonly number[], nowMs: number, unixOffsetMs: number): NextRefresh | undefined {
    return planRefresh({
      dueMs: dueMs.filter((one) => one <= nowMs + periodMs),
      durationMs: this.#durationMs(),
      startsMs: this.#startsMs,
      unixOffsetMs,
    });
  }

  /**
   * @param startMs when it started, monotonic ms
   * @param endMs when it ended, monotonic ms
   */
  refreshed(next: NextRefresh, startMs: number, endMs: number): void {
    this.#startsMs = [...this.#startsMs.slice(1), next.startMs];
    this.#durationsMs.push(endMs - startMs);
    if (this.#durationsMs.length > rememberedDurations) this.#durationsMs.shift();
  }

  #durationMs(): number {
    const sorted = this.#durationsMs.toSorted((a, b) => a - b);
    return Math.min(longestDurationMs, sorted[Math.floor((sorted.length - 1) * 0.9)] ?? firstDurationMs);
  }
}
