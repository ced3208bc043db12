import { CalibratedExpert } from './calibrated-expert.ts';
import { expertNames, experts, highest, recentExperts, type ExpertName } from './experts.ts';
import type { MinuteCounts } from './minute-counts.ts';
import { PinballLoss, weightsOf } from './pinball-loss.ts';

export interface ForecastOptions {
  /** The share of minutes whose count should be at most what was forecast: 0.5 to 0.99. */
  readonly quantile: number;
  /** How many minutes after the last one the forecast is for: 1 to 15. */
  readonly aheadMinutes: number;
  /** Nothing is forecast with less history. Default: 2 hours. */
  readonly minHistoryMinutes?: number | undefined;
}

export interface Forecast {
  readonly perSecond: number;
  /** The last minute that was counted. The forecast is made from it and those before. */
  readonly madeAtMinute: number;
  /** The share of the last day's minutes whose count was at most what was forecast. NaN: none was forecast yet. */
  readonly coverage: number;
  /** Mean pinball loss of the last hours. NaN: nothing was forecast yet for a minute that was counted since. */
  readonly pinballPerSecond: number;
  /** The same of the last minute's count alone, calibrated like all experts. */
  readonly lastMinutePinballPerSecond: number;
  /** Their sum is 1. An expert that has no say has 0. */
  readonly weights: Readonly<Record<ExpertName, number>>;
}

export interface NotReady {
  /** The earliest minute with a forecast, if all until then are counted. Undefined: none was counted yet. */
  readonly notReadyUntilMinute: number | undefined;
}

/** From then on all experts have a say: the seasonal ones, and the one of the last hour. */
const minSeasonDays = 2;
/** A new forecast learns from so much of the history: as many errors as are kept. What was before would have little weight. */
const learnedDays = 1;
/** No forecast is above this many times the highest count of the last hour. */
const mostOfLastHour = 3;

/** Forecasts the counts of one route: a quantile, some minutes ahead. Several forecasts can share the counts. */
export class RouteForecast {
  readonly #counts: MinuteCounts;
  readonly #ahead: number;
  readonly #minHistory: number;
  readonly #experts: readonly CalibratedExpert[];
  readonly #loss: PinballLoss;
  /** What was forecast for the minutes of the last day and those to come, by minute. NaN: nothing. */
  readonly #forecasts: Float32Array;
  #weights = weightsOf(expertNames.map(() => Number.NaN));
  /** The last minute that was learned, and the last one that was counted too. -1: none. */
  #learned = -1;
  #madeAt = -1;

  constructor(counts: MinuteCounts, { quantile, aheadMinutes, minHistoryMinutes = 120 }: ForecastOptions) {
    const ahead = counts.bins(aheadMinutes);
    const options = { quantile, ahead, minErrors: counts.bins(minHistoryMinutes / 2) };
    this.#counts = counts;
    this.#ahead = ahead;
    this.#minHistory = counts.bins(minHistoryMinutes);
    this.#experts = expertNames.map((name) => new CalibratedExpert(experts[name], counts, options));
    this.#loss = new PinballLoss(quantile, counts);
    this.#forecasts = new Float32Array(counts.binsPerDay + ahead).fill(Number.NaN);
  }

  /** Learns minutes that were added to the counts since the last call. The first call begins a day back. */
  learn(): void {
    const { first, last, binsPerDay, isEmpty } = this.#counts;
    if (isEmpty) return;
    const earliest = Math.max(first, last - learnedDays * binsPerDay + 1);
    let next = this.#learned + 1;
    if (next < earliest || next > last + 1) {
      // The first call, or the clock was changed: what was said is for other minutes.
      next = next > last ? last : earliest;
      for (const expert of this.#experts) expert.forget();
      this.#forecasts.fill(Number.NaN);
    }
    for (; next <= last; next++) this.#step(next);
    this.#learned = last;
  }

  /** Returns the forecast that was made at the last minute that was counted. */
  forecast(): Forecast | NotReady {
    const { first, last, binSeconds, isEmpty } = this.#counts;
    if (isEmpty) return { notReadyUntilMinute: undefined };
    const count = this.at(this.#madeAt + this.#ahead);
    if (Number.isNaN(count)) return { notReadyUntilMinute: Math.max(first + this.#minHistory, last + 1) };
    const weights = expertNames.map((name, index) => [name, this.#weights[index] ?? 0]);
    return {
      perSecond: count / binSeconds,
      madeAtMinute: this.#madeAt,
      coverage: this.#coverage(),
      pinballPerSecond: this.#loss.mean / binSeconds,
      lastMinutePinballPerSecond: (this.#experts[0]?.loss.mean ?? Number.NaN) / binSeconds,
      weights: Object.fromEntries(weights) as Record<ExpertName, number>,
    };
  }

  /** Returns the count that was forecast for a minute of the last day, or for one to come. NaN: none was. */
  at(minute: number): number {
    const newest = this.#learned + this.#ahead;
    if (minute > newest || minute <= newest - this.#forecasts.length) return Number.NaN;
    return this.#forecasts[minute % this.#forecasts.length] ?? Number.NaN;
  }

  #step(minute: number): void {
    const came = this.#counts.at(minute);
    const size = this.#forecasts.length;
    this.#loss.add(came, this.#forecasts[minute % size] ?? 0);
    const said = this.#experts.map((expert) => expert.next(minute));
    this.#forecasts[(minute + this.#ahead) % size] = Number.NaN;
    if (Number.isNaN(came)) return;
    this.#madeAt = minute;
    if (minute < this.#counts.first + this.#minHistory) return;
    this.#forecasts[(minute + this.#ahead) % size] = this.#combine(minute, said);
  }

  /** Returns the mean of what the experts say, by their weights. NaN: none can say. */
  #combine(minute: number, said: readonly number[]): number {
    const hasSeason = minute >= this.#counts.first + minSeasonDays * this.#counts.binsPerDay;
    const losses = this.#experts.map(({ loss }, index) => {
      const maySay = !Number.isNaN(said[index]) && (hasSeason || index < recentExperts);
      return maySay ? loss.mean : Number.NaN;
    });
    const weights = weightsOf(losses);
    this.#weights = weights;
    if (weights.every((weight) => weight === 0)) return Number.NaN;
    const mean = weights.reduce(
      (sum, weight, index) => sum + (weight > 0 ? weight * (said[index] ?? 0) : 0),
      0,
    );
    return Math.min(mean, mostOfLastHour * highest(this.#counts, minute - this.#counts.bins(60) + 1, minute));
  }

  #coverage(): number {
    let [covered, all] = [0, 0];
    for (let minute = this.#learned - this.#counts.binsPerDay + 1; minute <= this.#learned; minute++) {
      const over = this.at(minute) - this.#counts.at(minute);
      if (over >= 0) covered += 1;
      if (!Number.isNaN(over)) all += 1;
    }
    return covered / all;
  }
}
