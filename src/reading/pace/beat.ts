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
/** KEDA reads every 15 s for its HPA, and polls every 30 s: three reads, after which the intervals repeat. */
const mostReadsOfCycle = 3;

/** One interval of a cycle of reads. */
interface Interval {
  readonly medianMs: number;
  /** Most are longer. */
  readonly earlyMs: number;
}

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
  /**
   * The intervals of a cycle, the next one first: one if the reads are evenly spaced; none without a beat.
   *
   * @bound {mostReadsOfCycle} | - | one reader of one series | a constant
   */
  #cycle: readonly Interval[] = [];
  #goneAfterMs = longestIntervalMs;

  /** @param nowMs monotonic ms, as everywhere here */
  read(nowMs: number): void {
    const sinceMs = nowMs - this.#lastReadMs;
    if (sinceMs < sameReadMs) return;
    this.#lastReadMs = nowMs;
    if (sinceMs > longestIntervalMs) this.#intervalsMs.length = 0;
    else this.#intervalsMs.push(sinceMs);
    if (this.#intervalsMs.length > maxIntervals) this.#intervalsMs.shift();
    this.#cycle = cycleOf(this.#intervalsMs);
    const longest = this.#cycle.reduce((most, { medianMs }) => Math.max(most, medianMs), 0);
    this.#goneAfterMs = longest === 0 ? longestIntervalMs : (mostMissed + 1) * longest;
  }

  /** Whether the reader reads again and again, but without a beat. */
  get isUnsteady(): boolean {
    return this.#intervalsMs.length >= minIntervals && this.#cycle.length === 0;
  }

  /** Returns when the next read is due at the earliest; undefined if the reader has no beat. */
  nextMs(nowMs: number): number | undefined {
    const cycle = this.#cycle;
    if (cycle[0] === undefined || this.isGone(nowMs)) return undefined;
    let dueMs = this.#lastReadMs + cycle[0].earlyMs;
    for (let missed = 1; dueMs < nowMs; missed += 1)
      dueMs += cycle[missed % cycle.length]?.medianMs ?? Infinity;
    return dueMs;
  }

  /** Whether the reader reads no more. */
  isGone(nowMs: number): boolean {
    return nowMs - this.#lastReadMs > this.#goneAfterMs;
  }
}

/** Returns the shortest cycle by which the intervals repeat, else one of most intervals; none if they have no beat. */
function cycleOf(intervalsMs: readonly number[]): readonly Interval[] {
  for (let reads = 1; reads <= mostReadsOfCycle; reads += 1) {
    const places = Array.from({ length: reads }, (_, place) =>
      intervalsMs.filter((_, index) => (index - intervalsMs.length - place) % reads === 0),
    );
    if (places.every((alike) => isSteady(alike, 0, 1))) return places.map(intervalOf);
  }
  return isSteady(intervalsMs, 0.25, 0.75) ? [intervalOf(intervalsMs)] : [];
}

const isSteady = (intervalsMs: readonly number[], least: number, most: number): boolean =>
  intervalsMs.length >= minIntervals &&
  quantile(intervalsMs, most) - quantile(intervalsMs, least) <= mostSpreadMs;

const intervalOf = (intervalsMs: readonly number[]): Interval => ({
  medianMs: quantile(intervalsMs, 0.5),
  earlyMs: quantile(intervalsMs, 0.25),
});

/** Returns the lower value if the quantile lies between two; `longestIntervalMs` if there is none. */
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? longestIntervalMs;
