/** The last errors of an expert, sorted too, so that a quantile of them is one look. */
export class ErrorWindow {
  /** A ring, in order of time. */
  readonly #recent: Float32Array;
  /** The same errors, ascending. */
  readonly #sorted: Float32Array;
  #next = 0;
  #length = 0;

  /** @param size how many errors are kept */
  constructor(size: number) {
    this.#recent = new Float32Array(size);
    this.#sorted = new Float32Array(size);
  }

  get length(): number {
    return this.#length;
  }

  add(error: number): void {
    const sorted = this.#sorted;
    const value = Math.fround(error);
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
    return this.#sorted[Math.min(this.#length - 1, Math.floor(share * this.#length))] ?? Number.NaN;
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
