import type { Rate } from './rate.ts';

/** The rate is taken as constant over a step of this length; arrivals within a step are spread over it. */
const stepsPerSecond = 100;

/** How a schedule begins and scatters. */
export interface ArrivalOptions {
  /** Where on the rate's time axis it begins, in seconds. */
  readonly fromSeconds: number;
  /**
   * In [0, 1). Given, arrivals are a Poisson process of that rate; absent, they are as even as the rate lets them be:
   * one whenever its integral has grown by one.
   */
  readonly random?: (() => number) | undefined;
}

/**
 * When requests arrive, for a rate that varies. Steps lie on a fixed grid, so that the arrivals do not depend on how
 * often they are asked for.
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

  /** Arrivals since the last call, in order, in seconds of the rate's axis; only whole steps up to `toSeconds` count. */
  take(toSeconds: number): number[] {
    const arrivals: number[] = [];
    // Half a hundredth of a step forgives rounding in toSeconds.
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

  /** Goes on from `toSeconds`, without what would have arrived until then. */
  skip(toSeconds: number): void {
    this.#step = Math.max(this.#step, Math.floor(toSeconds * stepsPerSecond));
  }

  /** What the rate's integral grows by between two arrivals: 1, or exponential with mean 1. */
  #gap(): number {
    return this.#random === undefined ? 1 : Math.max(-Math.log(1 - this.#random()), Number.EPSILON);
  }
}
