import { historyDays, MinuteCounts } from '../forecast/minute-counts.ts';
import { RouteForecast } from '../forecast/route-forecast.ts';
import { milliOf } from '../grammar/quantity.ts';
import type { Window } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { CountedRoutes } from '../reading/history/counted-routes.ts';
import { isStale, optionsOf } from '../reading/history/kept-forecast.ts';
import type { CountsByMinute, MinuteQuery } from '../sls/minute-counts.ts';
import type { PhaseReadings } from './readings.ts';
import { inHalves, type SlsTrafficContext } from './sls-traffic.ts';
import type { SecondCounts } from './traffic.ts';

/** How far back a forecast looks. */
export const historySeconds = historyDays * 86_400;
/** A part that SLS cannot finish is halved down to this. */
const shortestPartSeconds = 3600;
/** A minute is counted so long after its end and its delay, and read by the next sync. */
const countedAfterSeconds = 3;

/** What a series was in each minute, from the first one on. */
export interface MinuteHistory {
  readonly series: Series;
  /** Minutes of Unix time. */
  readonly firstMinute: number;
  /** NaN: missing, since it could not be counted, or not before a later minute is. */
  readonly sums: Float64Array;
  /** Lines of the whole logstore in each minute. Of a file any number: its minutes without lines count as 0. */
  readonly lines: Float64Array;
}

/** Returns the whole minutes of what a file has by the second. */
export function minutesOf(series: Series, counts: SecondCounts): MinuteHistory {
  const firstMinute = Math.ceil(counts.startSeconds / 60);
  const end = Math.floor((counts.startSeconds + counts.seconds) / 60);
  const sums = Float64Array.from({ length: Math.max(0, end - firstMinute) }, (_, index) => {
    const from = (firstMinute + index) * 60;
    const aggregates = counts.aggregates(from, from + 60);
    return aggregates === undefined ? 0 : series.metric.value(aggregates, 1);
  });
  return { series, firstMinute, sums, lines: new Float64Array(sums.length).fill(1) };
}

/**
 * Fetches the minutes of series that differ in nothing but the route, a day in each query, as the adapter does.
 *
 * @throws AdapterError with one of the codes of SLS
 */
export async function fetchMinutes(
  series: readonly Series[],
  { startSeconds, endSeconds }: Window,
  count: (query: Omit<MinuteQuery, 'plannedAtSeconds'>, signal: AbortSignal) => Promise<CountsByMinute>,
  { endpointOf, retry }: Pick<SlsTrafficContext, 'endpointOf' | 'retry'>,
  signal: AbortSignal,
): Promise<readonly MinuteHistory[]> {
  const [first] = series;
  if (first === undefined) return [];
  const { metric, project, logstore, filters } = first;
  const named = series.flatMap(({ route }) => route ?? []);
  const firstMinute = Math.floor(startSeconds / 60);
  const end = Math.floor(endSeconds / 60);
  const lines = new Float64Array(end - firstMinute);
  const sums = new Map(series.map(({ route }) => [route, new Float64Array(end - firstMinute)]));
  const fetchPart = async (window: Window) => {
    const query = {
      ...{ endpoint: endpointOf(first), project, logstore, metric, filters, window },
      routes: named.length === 0 ? undefined : named,
    };
    const counted = await retry((either) => count(query, either), signal);
    const offset = window.startSeconds / 60 - firstMinute;
    lines.set(counted.lines, offset);
    for (const [route, values] of counted.byRoute) sums.get(route)?.set(values, offset);
  };
  for (let from = firstMinute; from < end; from += 1440) {
    const day = { startSeconds: from * 60, endSeconds: Math.min(end, from + 1440) * 60 };
    await inHalves(day, shortestPartSeconds, fetchPart);
  }
  return series.map((one) => ({
    ...{ series: one, firstMinute, lines },
    sums: sums.get(one.route) ?? new Float64Array(),
  }));
}

/** What stands after each minute. */
interface StandingForecasts {
  /** NaN: none. */
  readonly perSecond: Float64Array;
  /** The last minute that it is made from. */
  readonly madeAtMinute: Float64Array;
}

/** Returns the forecasts that stand after each minute, from that minute and those before. */
export function forecastsOf(
  { series, firstMinute, sums, lines }: MinuteHistory,
  holdSeconds: number,
): StandingForecasts {
  const counts = new MinuteCounts();
  const model = new RouteForecast(counts, optionsOf(series.forecast));
  const counted = new CountedRoutes(firstMinute, holdSeconds);
  counted.routes.set(series.route, counts);
  const perSecond = new Float64Array(sums.length).fill(Number.NaN);
  const madeAtMinute = new Float64Array(sums.length);
  for (let index = 0; index < sums.length; index++) {
    const minute = firstMinute + index;
    counted.add(
      { from: minute, until: minute + 1 },
      {
        lines: lines.subarray(index, index + 1),
        byRoute: new Map([[series.route, sums.subarray(index, index + 1)]]),
      },
    );
    model.learn();
    const made = model.forecast();
    if (!('perSecond' in made)) continue;
    perSecond[index] = made.perSecond;
    madeAtMinute[index] = made.madeAtMinute;
  }
  return { perSecond, madeAtMinute };
}

/** The forecasts of the series of one metric. */
interface ForecastMinutes {
  readonly firstMinute: number;
  readonly bySeries: readonly StandingForecasts[];
  readonly delaySeconds: number;
}

/** Returns what the HPA would have read of a forecast at the syncs of a phase, in thousandths. */
export const readForecast = (
  { firstMinute, bySeries, delaySeconds }: ForecastMinutes,
  { syncs }: PhaseReadings,
  fromSeconds: number,
): Float64Array =>
  syncs.map((sync) => {
    const nowSeconds = fromSeconds + sync;
    const index = Math.floor((nowSeconds - delaySeconds - countedAfterSeconds) / 60) - 1 - firstMinute;
    return bySeries.reduce((sum, { perSecond, madeAtMinute }) => {
      const age = { madeAtMinute: madeAtMinute[index] ?? 0, delaySeconds };
      return sum + (isStale(age, nowSeconds) ? Number.NaN : milli(perSecond[index] ?? Number.NaN));
    }, 0);
  });

const milli = (value: number): number => (Number.isNaN(value) ? value : Number(milliOf(value)));
