/** How many intervals between reads are remembered. */
const maxIntervals = 8;
/** Fewer intervals are a coincidence. */
const minIntervals = 2;
/** Reads within this time are one read: an HPA that names a series twice reads it twice at once. */
const sameReadMs = 1000;
/** After a longer pause the intervals are learned anew. */
const longestIntervalMs = 90_000;
/** The controller adds the time of a reconcile to its sync period. Intervals that differ by more are no beat. */
const mostSpreadMs = 5000;
/** A reader that misses more reads than this in a row is gone. */
const mostMissed = 2;

/**
 * When one reader reads one series. The HPA controller reads every 15 s (`--horizontal-pod-autoscaler-sync-period`),
 * plus the time that it takes to reconcile the HPA.
 */
export class Beat {
  #lastReadMs = -Infinity;
  /**
   * The newest last.
   *
   * @bound {maxIntervals} | - | one reader of one series | a constant
   */
  readonly #intervalsMs: number[] = [];
  #medianMs = longestIntervalMs;
  /** Most intervals are longer. */
  #earlyMs = longestIntervalMs;
  #isSteady = false;

  /** @param nowMs monotonic ms, as everywhere here */
  read(nowMs: number): void {
    const sinceMs = nowMs - this.#lastReadMs;
    if (sinceMs < sameReadMs) return;
    this.#lastReadMs = nowMs;
    if (sinceMs > longestIntervalMs) this.#intervalsMs.length = 0;
    else this.#intervalsMs.push(sinceMs);
    if (this.#intervalsMs.length > maxIntervals) this.#intervalsMs.shift();
    const sorted = this.#intervalsMs.toSorted((a, b) => a - b);
    this.#medianMs = quantile(sorted, 0.5);
    this.#earlyMs = quantile(sorted, 0.25);
    this.#isSteady = sorted.length >= minIntervals && quantile(sorted, 0.75) - this.#earlyMs <= mostSpreadMs;
  }

  /** Whether the reader reads again and again, but without a beat. */
  get isUnsteady(): boolean {
    return this.#intervalsMs.length >= minIntervals && !this.#isSteady;
  }

  /** Returns when the next read is due at the earliest; undefined if the reader has no beat. */
  nextMs(nowMs: number): number | undefined {
    if (!this.#isSteady || this.isGone(nowMs)) return undefined;
    const missed = Math.ceil((nowMs - this.#lastReadMs - this.#earlyMs) / this.#medianMs);
    return this.#lastReadMs + this.#earlyMs + Math.max(0, missed) * this.#medianMs;
  }

  /** Whether the reader reads no more. */
  isGone(nowMs: number): boolean {
    const sinceMs = nowMs - this.#lastReadMs;
    const longestMs = this.#isSteady ? (mostMissed + 1) * this.#medianMs : longestIntervalMs;
    return sinceMs > longestMs;
  }
}

/** Returns the lower value if the quantile lies between two; `longestIntervalMs` if there is none. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor((sorted.length - 1) * share)] ?? longestIntervalMs;
