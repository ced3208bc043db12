import type { Rate } from './rate.ts';

/** The rate counts as constant within a step. Arrivals are spread over the step. */
const stepsPerSecond = 100;

/** Start and randomness of a schedule. */
interface ArrivalOptions {
  /** Start time in seconds, on the time axis of the rate. */
  readonly fromSeconds: number;
  /**
   * Uniform in [0, 1). With it, arrivals are a Poisson process of that rate. Without it, they are evenly spaced: one
   * each time that the integral of the rate has grown by one.
   */
  readonly random?: (() => number) | undefined;
}

/**
 * Arrival times of requests for a rate that varies. Steps are on a fixed grid, so the arrivals do not depend on how
 * often `take` is called.
 */
export class Arrivals {
  readonly #rate: Rate;
  readonly #random: (() => number) | undefined;
  #step: number;
  #untilNext: number;

  constructor(rate: Rate, { fromSeconds, random }: ArrivalOptions) {
    this.#rate = rate;
    this.#random = random;
    this.#step = Math.round(fromSeconds * stepsPerSecond);
    this.#untilNext = random === undefined ? 0.5 : this.#gap();
  }

  /**
   * Returns the arrivals since the last call, in order, in seconds on the axis of the rate. Only whole steps up to
   * `toSeconds` count.
   */
  take(toSeconds: number): number[] {
    const arrivals: number[] = [];
    // 0.005 steps make up for rounding in toSeconds.
    for (const end = Math.floor(toSeconds * stepsPerSecond + 0.005); this.#step < end; this.#step++) {
      const perStep = this.#rate((this.#step + 0.5) / stepsPerSecond) / stepsPerSecond;
      let passed = 0;
      while (perStep - passed >= this.#untilNext) {
        passed += this.#untilNext;
        arrivals.push((this.#step + passed / perStep) / stepsPerSecond);
        this.#untilNext = this.#gap();
      }
      this.#untilNext -= perStep - passed;
    }
    return arrivals;
  }

  /** Continues at `toSeconds`, and drops the arrivals before it. */
  skip(toSeconds: number): void {
    this.#step = Math.max(this.#step, Math.floor(toSeconds * stepsPerSecond));
  }

  /** Growth of the rate's integral between two arrivals: 1, or exponential with mean 1. */
  #gap(): number {
    return this.#random === undefined ? 1 : Math.max(-Math.log(1 - this.#random()), Number.EPSILON);
  }
}
