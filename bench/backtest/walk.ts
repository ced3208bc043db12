import { CalibratedExpert } from '../../src/forecast/calibrated-expert.ts';
import { lastMinute, maxOf10, meanOf3, type Expert } from '../../src/forecast/experts.ts';
import { MinuteCounts } from '../../src/forecast/minute-counts.ts';
import { RouteForecast } from '../../src/forecast/route-forecast.ts';
import type { Trace } from './trace.ts';

/** The same time yesterday, or on the days before if it is missing there. */
const yesterday: Expert = (counts, now, ahead) => {
  for (let day = 1; day <= 3; day++) {
    const count = counts.at(now + ahead - day * counts.binsPerDay);
    if (!Number.isNaN(count)) return count;
  }
  return Number.NaN;
};

const rivals = {
  lastMinute,
  meanOf3Minutes: meanOf3,
  maxOf10Minutes: maxOf10,
  sameTimeYesterday: yesterday,
} as const satisfies Readonly<Record<string, Expert>>;

export type RivalName = keyof typeof rivals;
export const rivalNames = Object.keys(rivals) as readonly RivalName[];

/** What was forecast for each bin of a trace, by what came at least `aheadMinutes` before it. NaN: nothing. */
export interface Walk {
  readonly aheadMinutes: number;
  readonly quantile: number;
  readonly forecast: Float64Array;
  /** Each calibrated as the experts of the forecast are. */
  readonly rivals: Readonly<Record<RivalName, Float64Array>>;
}

/** Some day, so that bins have numbers as minutes have. */
const startDay = 10_000;

/** Walks through a trace bin by bin. Each forecast sees only the bins before it. */
export function walk(
  { counts, binSeconds }: Trace,
  aheadMinutes: number,
  { quantile = 0.9, minHistoryMinutes = 120 }: { quantile?: number; minHistoryMinutes?: number } = {},
): Walk {
  const minutes = new MinuteCounts({ binSeconds });
  const ahead = minutes.bins(aheadMinutes);
  const route = new RouteForecast(minutes, { quantile, aheadMinutes, minHistoryMinutes });
  const others = rivalNames.map((name) => ({
    expert: new CalibratedExpert(rivals[name], minutes, {
      ahead,
      quantile,
      minErrors: minutes.bins(minHistoryMinutes / 2),
    }),
    forecast: new Float64Array(counts.length + ahead).fill(Number.NaN),
  }));
  const forecast = new Float64Array(counts.length + ahead).fill(Number.NaN);
  const start = startDay * minutes.binsPerDay;
  for (const [index, count] of counts.entries()) {
    minutes.add(start + index, count);
    route.learn();
    forecast[index + ahead] = route.at(start + index + ahead);
    for (const { expert, forecast: said } of others) said[index + ahead] = expert.next(start + index);
  }
  const byName = rivalNames.map((name, index) => [name, others[index]?.forecast]);
  return { aheadMinutes, quantile, forecast, rivals: Object.fromEntries(byName) as Walk['rivals'] };
}
