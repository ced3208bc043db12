/** What the controller wanted at its last syncs, before limits. */
export class Recommendations {
  readonly #keptSeconds: number;
  /** Ascending. */
  #times: number[] = [];
  #replicas: number[] = [];
  /** Earlier ones are too old for any window. */
  #first = 0;

  /** @param keptSeconds the longest window */
  constructor(keptSeconds: number) {
    this.#keptSeconds = keptSeconds;
  }

  get isEmpty(): boolean {
    return this.#times.length === 0;
  }

  add(replicas: number, nowSeconds: number): void {
    while ((this.#times[this.#first] ?? Infinity) < nowSeconds - this.#keptSeconds) this.#first += 1;
    if (this.#first > 1000) {
      this.#times = this.#times.slice(this.#first);
      this.#replicas = this.#replicas.slice(this.#first);
      this.#first = 0;
    }
    this.#times.push(nowSeconds);
    this.#replicas.push(replicas);
  }

  /** Returns the highest of `replicas` and what was wanted after a moment, or at it if `inclusive`. */
  highest(replicas: number, afterSeconds: number, inclusive = false): number {
    const times = this.#times;
    const wanted = this.#replicas;
    const first = this.#first;
    let highest = replicas;
    for (let index = times.length - 1; index >= first; index--) {
      const time = times[index] ?? Number.NaN;
      if (inclusive ? time < afterSeconds : time <= afterSeconds) break;
      const one = wanted[index] ?? highest;
      if (one > highest) highest = one;
    }
    return highest;
  }

  /** Returns the lowest of `replicas` and what was wanted after a moment. */
  lowest(replicas: number, afterSeconds: number): number {
    const times = this.#times;
    const wanted = this.#replicas;
    const first = this.#first;
    let lowest = replicas;
    for (let index = times.length - 1; index >= first; index--) {
      if ((times[index] ?? Number.NaN) <= afterSeconds) break;
      const one = wanted[index] ?? lowest;
      if (one < lowest) lowest = one;
    }
    return lowest;
  }
}
