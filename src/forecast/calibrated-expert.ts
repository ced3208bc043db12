import { ErrorWindow } from './error-window.ts';
import type { Expert } from './experts.ts';
import type { MinuteCounts } from './minute-counts.ts';
import { PinballLoss } from './pinball-loss.ts';

/** Added to counts before they are divided, since some are 0. */
const pseudoCount = 0.3;

interface CalibrationOptions {
  readonly quantile: number;
  /** How many minutes ahead the expert looks. */
  readonly ahead: number;
  /** With fewer errors only its loss is learned, so that the loss is known once it may say. */
  readonly minErrors: number;
}

/** An expert whose answer is a quantile: it is multiplied by that quantile of its errors of the last day. */
export class CalibratedExpert {
  readonly loss: PinballLoss;
  readonly #expert: Expert;
  readonly #counts: MinuteCounts;
  readonly #options: CalibrationOptions;
  /** Logarithms of what came over what the expert said. */
  readonly #errors: ErrorWindow;
  /** What the expert said for the minutes to come, by minute, and that calibrated. NaN: nothing. */
  readonly #said: Float64Array;
  readonly #calibrated: Float64Array;

  constructor(expert: Expert, counts: MinuteCounts, options: CalibrationOptions) {
    this.#expert = expert;
    this.#counts = counts;
    this.#options = options;
    this.loss = new PinballLoss(options.quantile, counts);
    this.#errors = new ErrorWindow(counts.binsPerDay);
    this.#said = new Float64Array(options.ahead);
    this.#calibrated = new Float64Array(options.ahead);
    this.forget();
  }

  /**
   * Learns from what came in a minute, the one after that of the last call.
   *
   * @returns the quantile for `ahead` minutes later. NaN: the minute is missing, the expert cannot say, or it has too few errors
   */
  next(minute: number): number {
    const { ahead, quantile, minErrors } = this.#options;
    const slot = minute % ahead;
    const came = this.#counts.at(minute);
    this.#errors.add(Math.log((came + pseudoCount) / ((this.#said[slot] ?? 0) + pseudoCount)));
    this.loss.add(came, this.#calibrated[slot] ?? 0);
    const said = Number.isNaN(came) ? Number.NaN : this.#expert(this.#counts, minute, ahead);
    const error = this.#errors.length === 0 ? 0 : this.#errors.quantile(quantile);
    const calibrated = Math.max(0, (said + pseudoCount) * Math.exp(error) - pseudoCount);
    this.#said[slot] = said;
    this.#calibrated[slot] = calibrated;
    return this.#errors.length < minErrors ? Number.NaN : calibrated;
  }

  /** Forgets what was said for the minutes to come, before a call that is not for the minute after the last one. */
  forget(): void {
    this.#said.fill(Number.NaN);
    this.#calibrated.fill(Number.NaN);
  }
}
