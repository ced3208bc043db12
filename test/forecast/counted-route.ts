import { MinuteCounts } from '../../src/forecast/minute-counts.ts';
import { RouteForecast, type Forecast } from '../../src/forecast/route-forecast.ts';
import { seeded } from '../support/seeded.ts';

export const start = 29_000_000;
export const day = 1440;

export type Series = readonly (number | undefined)[];

/** A route whose counts a forecast learns. */
export class Route {
  readonly counts: MinuteCounts;
  readonly forecast: RouteForecast;

  constructor(aheadMinutes = 3, quantile = 0.9, binSeconds = 60) {
    this.counts = new MinuteCounts({ binSeconds });
    this.forecast = new RouteForecast(this.counts, { quantile, aheadMinutes });
  }

  /** Adds these counts, of the minutes from `first` on, and learns each at once. */
  learn(series: Series, first = 0): this {
    for (const [index, count] of series.entries()) {
      this.counts.add(start + first + index, count);
      this.forecast.learn();
    }
    return this;
  }

  get perMinute(): number {
    return 60 * this.made.perSecond;
  }

  get made(): Forecast {
    const made = this.forecast.forecast();
    if ('notReadyUntilMinute' in made) throw new Error(`not ready until ${made.notReadyUntilMinute}`);
    return made;
  }

  get notReadyUntil(): number | undefined {
    const made = this.forecast.forecast();
    return 'notReadyUntilMinute' in made ? made.notReadyUntilMinute : NaN;
  }
}

/** 120 to 600 a minute, in the course of a day. */
export const daily = (minute: number) => 360 - 240 * Math.cos((2 * Math.PI * minute) / day);

/** Counts around a mean, with the noise of independent requests. */
export function noisy(mean: (minute: number) => number, from: number, to: number): number[] {
  const random = seeded(from + to);
  return Array.from({ length: to - from }, (_, index) => {
    const expected = mean(from + index);
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(expected + Math.sqrt(expected) * normal));
  });
}
