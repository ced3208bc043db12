import { planRefresh, periodMs } from './next-refresh.ts';

/** How many refreshes tell how long one takes. */
const rememberedDurations = 8;
const firstDurationMs = 300;
/** A slow SLS must not move the start of a refresh to before the reads that the last one serves. */
const longestDurationMs = 3000;

export interface NextRefresh {
  /** Monotonic ms. */
  readonly startMs: number;
  /** It serves the reads that are due until then. Monotonic ms. */
  readonly servesUntilMs: number;
}

/**
 * The budget may be exceeded by this for once. Otherwise a refresh that was late once would be late in each period, because
 * a whole period had to pass since then.
 */
const spareRefreshes = 1;

/** Says when the next refresh of one logstore starts, and keeps to the budget. */
export class RefreshPacer {
  readonly #budget: number;
  /** @bound one period of refreshes | - | one logstore | `reading.refreshesIn15Seconds` */
  readonly #startsMs: number[] = [];
  /** @bound a few | - | one logstore | a constant */
  readonly #durationsMs: number[] = [];
  #servedUntilMs = -Infinity;

  /** @param budget how many refreshes a period of 15 s may have */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /**
   * Returns the next refresh; undefined if the last one serves all reads that are due.
   *
   * @param dueMs when reads are due, monotonic ms, in ascending order
   */
  next(dueMs: readonly number[], nowMs: number): NextRefresh | undefined {
    const within = dueMs.filter((one) => one <= nowMs + periodMs);
    const servedUntilMs = this.#servedUntilMs;
    const plan = planRefresh({ dueMs: within, servedUntilMs, budget: this.#budget });
    if (plan === undefined) return undefined;
    const earliestMs = (this.#startsMs.at(-this.#budget - spareRefreshes) ?? -Infinity) + periodMs;
    const startMs = Math.max(plan.endMs - this.#usualDurationMs(), earliestMs);
    return { startMs, servesUntilMs: plan.servesUntilMs };
  }

  /**
   * @param startMs when it started, monotonic ms
   * @param endMs when it ended, monotonic ms
   */
  refreshed({ servesUntilMs }: NextRefresh, startMs: number, endMs: number): void {
    this.#servedUntilMs = servesUntilMs;
    keepLast(this.#startsMs, startMs, this.#budget + spareRefreshes);
    keepLast(this.#durationsMs, endMs - startMs, rememberedDurations);
  }

  #usualDurationMs(): number {
    const sorted = this.#durationsMs.toSorted((a, b) => a - b);
    return Math.min(longestDurationMs, sorted[Math.floor(sorted.length / 2)] ?? firstDurationMs);
  }
}

function keepLast(values: number[], value: number, most: number): void {
  values.push(value);
  if (values.length > most) values.shift();
}
