import type { MinuteCounts } from './minute-counts.ts';

const halfLifeMinutes = 8 * 60;
/** How fast the weight of an expert falls with its loss. */
const sharpness = 12;

/** Returns the pinball loss of a forecast. It is least on average if the forecast is that quantile of what comes. */
export const pinball = (came: number, forecast: number, quantile: number): number =>
  came >= forecast ? quantile * (came - forecast) : (1 - quantile) * (forecast - came);

/** The mean of pinball losses, of which the last ones count most. The half-life is 8 hours, or the minutes so far if these are fewer. */
export class PinballLoss {
  readonly #quantile: number;
  readonly #halfLife: number;
  #added = 0;
  #sum = 0;
  #weight = 0;

  constructor(quantile: number, counts: MinuteCounts) {
    this.#quantile = quantile;
    this.#halfLife = counts.bins(halfLifeMinutes);
  }

  /** NaN: missing. */
  add(came: number, forecast: number): void {
    const loss = pinball(came, forecast, this.#quantile);
    if (Number.isNaN(loss)) return;
    this.#added += 1;
    const kept = 0.5 ** (1 / Math.min(this.#halfLife, this.#added));
    this.#sum = this.#sum * kept + loss;
    this.#weight = this.#weight * kept + 1;
  }

  /** NaN: nothing was added. */
  get mean(): number {
    return this.#sum / this.#weight;
  }
}

/** Returns weights whose sum is 1, by the losses of the experts. NaN: the expert has no say, its weight is 0. */
export function weightsOf(losses: readonly number[]): readonly number[] {
  const best = Math.min(...losses.filter((loss) => !Number.isNaN(loss)));
  // Without requests all losses are 0, and equal.
  const raw = losses.map((loss) => (loss === best ? 1 : Math.exp(-sharpness * (loss / best - 1)) || 0));
  const all = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => (all > 0 ? weight / all : 0));
}
