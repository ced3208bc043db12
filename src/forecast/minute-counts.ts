const secondsPerDay = 86_400;

/** What a new forecast looks at: a day that it learns from, and three days before each minute of it. */
export const historyDays = 4;

/** More is no count. Three times as much must still be a finite number of 32 bits. */
const mostCount = 1e30;

/** Counts of the last days by the minute. A minute is the number of whole minutes since the Unix epoch. */
export class MinuteCounts {
  readonly binSeconds: number;
  readonly binsPerDay: number;
  /** A ring, by minute. NaN: missing. */
  readonly #counts: Float32Array;
  #first = 0;
  #last = -1;

  /** @param binSeconds the length of a bin, where counts are not by the minute; bins then stand for minutes */
  constructor({ days = historyDays, binSeconds = 60 }: { days?: number; binSeconds?: number } = {}) {
    this.binSeconds = binSeconds;
    this.binsPerDay = Math.round(secondsPerDay / binSeconds);
    this.#counts = new Float32Array(days * this.binsPerDay);
  }

  /** Whether no minute is held. */
  get isEmpty(): boolean {
    return this.#last < this.#first;
  }

  /** The first minute that is held: it was counted once. */
  get first(): number {
    return this.#first;
  }

  /** The minute that was added last. */
  get last(): number {
    return this.#last;
  }

  /** Returns how many bins these minutes are, at least one. */
  bins(minutes: number): number {
    return Math.max(1, Math.round((minutes * 60) / this.binSeconds));
  }

  /**
   * Adds a minute. Minutes that are left out are missing, and nothing is held before the first count. A minute before the
   * last one takes back all after it: the clock was wrong.
   *
   * @param count undefined: missing, which is not zero
   */
  add(minute: number, count: number | undefined): void {
    const size = this.#counts.length;
    const value = Math.fround(count ?? Number.NaN);
    const isCounted = value >= 0 && value <= mostCount;
    if (this.isEmpty || minute < this.#first || minute >= this.#last + size) {
      // All that was held is too old, or later than now.
      this.#first = minute;
      this.#last = minute - 1;
      if (!isCounted) return;
    }
    for (let missing = this.#last + 1; missing < minute; missing++) this.#counts[missing % size] = Number.NaN;
    this.#counts[minute % size] = isCounted ? value : Number.NaN;
    this.#last = minute;
    this.#first = Math.max(this.#first, minute - size + 1);
  }

  /** Returns the count of a minute. NaN: it is missing, or not held. */
  at(minute: number): number {
    if (minute < this.#first || minute > this.#last) return Number.NaN;
    return this.#counts[minute % this.#counts.length] ?? Number.NaN;
  }
}
