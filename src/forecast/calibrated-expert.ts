import { ErrorWindow } from './error-window.ts';
import type { Expert } from './experts.ts';
import type { MinuteCounts } from './minute-counts.ts';
import { PinballLoss } from './pinball-loss.ts';

export const lossHalfLifeMinutes = 8 * 60;
/** Added to counts before they are divided, since some are 0. */
const pseudoCount = 0.3;

export interface CalibrationOptions {
  readonly quantile: number;
  /** How many bins ahead. */
  readonly ahead: number;
  /** With fewer errors an expert is not calibrated. */
  readonly minErrors: number;
}

/** An expert whose answer is a quantile: it is multiplied by that quantile of its last errors. */
export class CalibratedExpert {
  readonly loss: PinballLoss;
  readonly #expert: Expert;
  readonly #counts: MinuteCounts;
  readonly #ahead: number;
  readonly #quantile: number;
  readonly #minErrors: number;
  /** Logarithms of what came over what the expert said. */
  readonly #errors: ErrorWindow;
  /** What the expert said for the minutes to come, by minute, and that calibrated. NaN: nothing. */
  readonly #said: Float64Array;
  readonly #calibrated: Float64Array;

  constructor(expert: Expert, counts: MinuteCounts, { ahead, quantile, minErrors }: CalibrationOptions) {
    this.#expert = expert;
    this.#counts = counts;
    this.#ahead = ahead;
    this.#quantile = quantile;
    this.#minErrors = minErrors;
    this.loss = new PinballLoss(quantile, counts.bins(lossHalfLifeMinutes));
    this.#errors = new ErrorWindow(counts.binsPerDay);
    this.#said = new Float64Array(ahead).fill(Number.NaN);
    this.#calibrated = new Float64Array(ahead).fill(Number.NaN);
  }

  /** Learns from what came in a minute. */
  learn(minute: number, came: number): void {
    const said = this.#said[minute % this.#ahead] ?? Number.NaN;
    const calibrated = this.#calibrated[minute % this.#ahead] ?? Number.NaN;
    if (!Number.isNaN(said)) this.#errors.add(Math.log((came + pseudoCount) / (said + pseudoCount)));
    if (!Number.isNaN(calibrated)) this.loss.add(came, calibrated);
  }

  /** Returns what it says at a minute, which was counted, for the one `ahead` minutes later. NaN: it cannot say. */
  say(minute: number): number {
    const said = this.#expert(this.#counts, minute, this.#ahead);
    const calibrated =
      this.#errors.length < this.#minErrors
        ? Number.NaN
        : Math.max(0, (said + pseudoCount) * Math.exp(this.#errors.quantile(this.#quantile)) - pseudoCount);
    this.#said[minute % this.#ahead] = said;
    this.#calibrated[minute % this.#ahead] = calibrated;
    return calibrated;
  }

  /** Says nothing at a minute, since its count is missing. */
  skip(minute: number): void {
    this.#said[minute % this.#ahead] = Number.NaN;
    this.#calibrated[minute % this.#ahead] = Number.NaN;
  }

  /** Forgets what it said for the minutes to come, after the clock was changed. */
  forgetSaid(): void {
    this.#said.fill(Number.NaN);
    this.#calibrated.fill(Number.NaN);
  }
}
