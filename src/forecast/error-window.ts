/** Errors, which are logarithms of ratios, are kept in steps of 1/2048: to 0.05 %, and up to a ratio of 9 million. */
const steps = 2048;
const most = 2 ** 15 - 1;

/** The last errors of an expert, also in order of size, so that a quantile is one look. */
export class ErrorWindow {
  /** A ring, in order of time. */
  readonly #recent: Int16Array;
  /** The same errors, ascending. */
  readonly #sorted: Int16Array;
  #next = 0;
  #length = 0;

  /** @param size how many errors are kept */
  constructor(size: number) {
    this.#recent = new Int16Array(size);
    this.#sorted = new Int16Array(size);
  }

  get length(): number {
    return this.#length;
  }

  /** NaN: missing. */
  add(error: number): void {
    if (Number.isNaN(error)) return;
    const sorted = this.#sorted;
    const value = Math.max(-most, Math.min(most, Math.round(error * steps)));
    const place = this.#rank(value);
    // The place that becomes free: that of the oldest error once the window is full, before that the end.
    const isFull = this.#length === sorted.length;
    const free = isFull ? this.#rank(this.#recent[this.#next] ?? 0) : this.#length;
    if (place <= free) {
      sorted.copyWithin(place + 1, place, free);
      sorted[place] = value;
    } else {
      sorted.copyWithin(free, free + 1, place);
      sorted[place - 1] = value;
    }
    if (!isFull) this.#length += 1;
    this.#recent[this.#next] = value;
    this.#next = (this.#next + 1) % sorted.length;
  }

  /** Returns the error that this share of all errors does not exceed. NaN: there are none. */
  quantile(share: number): number {
    if (this.#length === 0) return Number.NaN;
    return (this.#sorted[Math.max(0, Math.ceil(share * this.#length) - 1)] ?? 0) / steps;
  }

  /** Returns the first place whose error is at least the value. */
  #rank(value: number): number {
    let [from, to] = [0, this.#length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#sorted[middle] ?? 0) < value) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
