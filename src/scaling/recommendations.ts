/** What the controller wanted at its last syncs, before limits. */
export class Recommendations {
  readonly #keptSeconds: number;
  /** In ascending order of time. */
  readonly #kept: { readonly atSeconds: number; readonly replicas: number }[] = [];

  /** @param keptSeconds the longest window */
  constructor(keptSeconds: number) {
    this.#keptSeconds = keptSeconds;
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  add(replicas: number, nowSeconds: number): void {
    while ((this.#kept[0]?.atSeconds ?? Infinity) < nowSeconds - this.#keptSeconds) this.#kept.shift();
    this.#kept.push({ atSeconds: nowSeconds, replicas });
  }

  /** Returns the highest of `replicas` and what was wanted after a moment, or at it if `inclusive`. */
  highest(replicas: number, afterSeconds: number, inclusive = false): number {
    let highest = replicas;
    for (let index = this.#kept.length - 1; index >= 0; index--) {
      const one = this.#kept[index];
      if (one === undefined || (inclusive ? one.atSeconds < afterSeconds : one.atSeconds <= afterSeconds))
        break;
      if (one.replicas > highest) highest = one.replicas;
    }
    return highest;
  }

  /** Returns the lowest of `replicas` and what was wanted after a moment. */
  lowest(replicas: number, afterSeconds: number): number {
    let lowest = replicas;
    for (let index = this.#kept.length - 1; index >= 0; index--) {
      const one = this.#kept[index];
      if (one === undefined || one.atSeconds <= afterSeconds) break;
      if (one.replicas < lowest) lowest = one.replicas;
    }
    return lowest;
  }
}
