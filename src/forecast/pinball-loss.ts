/** Returns the pinball loss of a forecast. It is least on average if the forecast is that quantile of what comes. */
export const pinball = (came: number, forecast: number, quantile: number): number =>
  came >= forecast ? quantile * (came - forecast) : (1 - quantile) * (forecast - came);

/** A mean of pinball losses in which older ones count less and less. */
export class PinballLoss {
  readonly #quantile: number;
  readonly #kept: number;
  #sum = 0;
  #weight = 0;

  /** @param halfLife after how many losses one counts half */
  constructor(quantile: number, halfLife: number) {
    this.#quantile = quantile;
    this.#kept = 0.5 ** (1 / halfLife);
  }

  add(came: number, forecast: number): void {
    this.#sum = this.#sum * this.#kept + pinball(came, forecast, this.#quantile);
    this.#weight = this.#weight * this.#kept + 1;
  }

  /** NaN: nothing was added. */
  get mean(): number {
    return this.#sum / this.#weight;
  }
}
