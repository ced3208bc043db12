import { CalibratedExpert, lossHalfLifeMinutes } from './calibrated-expert.ts';
import { expertNames, experts, highest, recentExperts, type ExpertName } from './experts.ts';
import type { MinuteCounts } from './minute-counts.ts';
import { PinballLoss } from './pinball-loss.ts';

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

const defaultMinHistoryMinutes = 120;
/** From then on the seasonal experts have a say. */
const minSeasonDays = 2;
/** A new forecast learns from so much of the history. What was before would have nearly no weight. */
const learnedDays = 2;
/** How fast the weight of an expert falls with its loss. */
const sharpness = 12;
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
  /** The last minute that was learned, and the last one of these that was counted. -1: none. */
  #learned = -1;
  #madeAt = -1;

  constructor(counts: MinuteCounts, options: ForecastOptions) {
    const { quantile, aheadMinutes, minHistoryMinutes = defaultMinHistoryMinutes } = options;
    const ahead = counts.bins(aheadMinutes);
    this.#counts = counts;
    this.#ahead = ahead;
    this.#minHistory = counts.bins(minHistoryMinutes);
    // Those of half of that time must have been seen.
    const minErrors = counts.bins(minHistoryMinutes / 2);
    this.#experts = expertNames.map(
      (name) => new CalibratedExpert(experts[name], counts, { ahead, quantile, minErrors }),
    );
    this.#loss = new PinballLoss(quantile, counts.bins(lossHalfLifeMinutes));
    this.#forecasts = new Float32Array(counts.binsPerDay + ahead).fill(Number.NaN);
  }

  /**
   * Learns minutes that were added to the counts since the last call; the first call begins 2 days back.
   *
   * @param most how many minutes to learn at most, so that a start can be done in turns
   * @returns whether all were learned
   */
  learn(most = Infinity): boolean {
    const { first, last, binsPerDay, isEmpty } = this.#counts;
    if (isEmpty) return true;
    const earliest = Math.max(first, last - learnedDays * binsPerDay + 1);
    let next = this.#learned + 1;
    if (next < earliest || next > last + 1) {
      // The first call, or the clock was changed: what was said was for other minutes.
      for (const expert of this.#experts) expert.forgetSaid();
      this.#forecasts.fill(Number.NaN);
      next = next > last ? last : earliest;
    }
    const end = Math.min(last, next + most - 1);
    for (; next <= end; next++) this.#step(next);
    this.#learned = end;
    return end === last;
  }

  /** Returns the forecast that was made at the last minute that was counted. */
  forecast(): Forecast | NotReady {
    const { first, binSeconds, isEmpty } = this.#counts;
    if (isEmpty) return { notReadyUntilMinute: undefined };
    const count = this.at(this.#madeAt + this.#ahead);
    if (Number.isNaN(count))
      return { notReadyUntilMinute: Math.max(first + this.#minHistory, this.#learned + 1) };
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
    const slot = (minute + this.#ahead) % this.#forecasts.length;
    if (Number.isNaN(came)) {
      for (const expert of this.#experts) expert.skip(minute);
      this.#forecasts[slot] = Number.NaN;
      return;
    }
    for (const expert of this.#experts) expert.learn(minute, came);
    const expected = this.#forecasts[minute % this.#forecasts.length] ?? Number.NaN;
    if (!Number.isNaN(expected)) this.#loss.add(came, expected);
    const forecast = this.#combine(minute);
    this.#forecasts[slot] = minute < this.#counts.first + this.#minHistory ? Number.NaN : forecast;
    this.#madeAt = minute;
  }

  /** Returns the mean of what the experts say at a minute, by their weights. NaN: none can say. */
  #combine(minute: number): number {
    const hasSeason = minute - this.#counts.first >= minSeasonDays * this.#counts.binsPerDay;
    const said = this.#experts.map((expert) => expert.say(minute));
    this.#weights = weightsOf(
      this.#experts.map(({ loss }, index) =>
        Number.isNaN(said[index]) || (index >= recentExperts && !hasSeason) ? Number.NaN : loss.mean,
      ),
    );
    let sum = 0;
    for (const [index, weight] of this.#weights.entries()) if (weight > 0) sum += weight * (said[index] ?? 0);
    const most = mostOfLastHour * highest(this.#counts, minute - this.#counts.bins(60) + 1, minute);
    return this.#weights.some((weight) => weight > 0) ? Math.min(most, sum) : Number.NaN;
  }

  #coverage(): number {
    let [covered, all] = [0, 0];
    for (let minute = this.#learned - this.#counts.binsPerDay + 1; minute <= this.#learned; minute++) {
      const [forecast, came] = [this.at(minute), this.#counts.at(minute)];
      if (Number.isNaN(forecast) || Number.isNaN(came)) continue;
      all += 1;
      if (came <= forecast) covered += 1;
    }
    return covered / all;
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
