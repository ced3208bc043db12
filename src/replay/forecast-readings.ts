import { historyDays, MinuteCounts } from '../forecast/minute-counts.ts';
import { RouteForecast } from '../forecast/route-forecast.ts';
import { formatQuantity, parseQuantityMilli } from '../grammar/quantity.ts';
import type { Window } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { DeadMinutes } from '../reading/history/dead-minutes.ts';
import { mostAgeSeconds, optionsOf } from '../reading/history/kept-forecast.ts';
import type { CountsByMinute, MinuteQuery } from '../sls/minute-counts.ts';
import type { PhaseReadings } from './readings.ts';
import type { SlsTrafficContext } from './sls-traffic.ts';
import type { SecondCounts } from './traffic.ts';

/** How far back a forecast looks. */
export const historySeconds = historyDays * 86_400;
/** A minute is counted so long after its end and its delay, and read by the next sync. */
const countedAfterSeconds = 3;

/** What a series was in each minute, from the first one on. */
export interface MinuteHistory {
  readonly series: Series;
  /** Minutes of Unix time. */
  readonly firstMinute: number;
  /** NaN: missing, since it could not be counted, or not before a later minute is. */
  readonly sums: Float64Array;
  /** Lines of the whole logstore in each minute; undefined: minutes without lines are counted as 0. */
  readonly lines?: Float64Array | undefined;
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
  return { series, firstMinute, sums };
}

/**
 * Fetches the minutes of series that differ in nothing but the route, a day in each query, as the adapter does.
 *
 * @throws AdapterError with one of the codes of SLS
 */
export async function fetchMinutes(
  series: readonly Series[],
  { startSeconds, endSeconds }: Window,
  count: (query: MinuteQuery, signal: AbortSignal) => Promise<CountsByMinute>,
  { endpointOf, retry }: Pick<SlsTrafficContext, 'endpointOf' | 'retry'>,
  signal: AbortSignal,
): Promise<readonly MinuteHistory[]> {
  const [first] = series;
  if (first === undefined) return [];
  const { metric, project, logstore, filters } = first;
  const named = series.flatMap(({ route }) => route ?? []);
  const firstMinute = Math.floor(startSeconds / 60);
  const minutes = Math.floor(endSeconds / 60) - firstMinute;
  const lines = new Float64Array(minutes);
  const sums = new Map(series.map(({ route }) => [route, new Float64Array(minutes)]));
  for (let from = 0; from < minutes; from += 1440) {
    const until = Math.min(minutes, from + 1440);
    const window = { startSeconds: (firstMinute + from) * 60, endSeconds: (firstMinute + until) * 60 };
    const query = {
      ...{ endpoint: endpointOf(first), project, logstore, metric, filters, window },
      routes: named.length === 0 ? undefined : named,
      plannedAtSeconds: window.endSeconds,
    };
    const counted = await retry((either) => count(query, either), signal);
    lines.set(counted.lines, from);
    for (const [route, values] of counted.byRoute) sums.get(route)?.set(values, from);
  }
  return series.map((one) => ({
    series: one,
    firstMinute,
    lines,
    sums: sums.get(one.route) ?? new Float64Array(),
  }));
}

/** Returns the forecast that stands after each minute, per second: from that minute and those before. NaN: none. */
export function forecastsOf(
  { series, firstMinute, sums, lines }: MinuteHistory,
  holdSeconds: number,
): Float64Array {
  const counts = new MinuteCounts();
  const model = new RouteForecast(counts, optionsOf(series.forecast));
  const dead = new DeadMinutes(holdSeconds);
  let [madeAt, perSecond] = [-Infinity, Number.NaN];
  return sums.map((_, index) => {
    const minute = firstMinute + index;
    const settled =
      lines === undefined ? [{ minute, is: 'counted' as const }] : dead.settle(minute, lines[index]);
    for (const one of settled) {
      const sum =
        one.is === 'counted'
          ? (sums[one.minute - firstMinute] ?? Number.NaN)
          : one.is === 'zero'
            ? 0
            : Number.NaN;
      counts.add(one.minute, Number.isNaN(sum) ? undefined : sum);
    }
    model.learn();
    const made = model.forecast();
    if ('perSecond' in made) ({ madeAtMinute: madeAt, perSecond } = made);
    return (minute - madeAt) * 60 >= mostAgeSeconds ? Number.NaN : perSecond;
  });
}

/** The forecasts of the series of one metric. */
export interface ForecastMinutes {
  readonly firstMinute: number;
  /** After each minute, for each series. */
  readonly bySeries: readonly Float64Array[];
  readonly delaySeconds: number;
}

/** Returns what the HPA would have read of a forecast at the syncs of a phase, in thousandths. */
export const readForecast = (
  { firstMinute, bySeries, delaySeconds }: ForecastMinutes,
  { syncs }: PhaseReadings,
  fromSeconds: number,
): Float64Array =>
  syncs.map((sync) => {
    const arrivedSeconds = fromSeconds + sync - delaySeconds - countedAfterSeconds;
    const index = Math.floor(arrivedSeconds / 60) - 1 - firstMinute;
    return bySeries.reduce((sum, forecasts) => sum + milli(forecasts[index] ?? Number.NaN), 0);
  });

const milli = (value: number): number =>
  Number.isNaN(value) ? value : Number(parseQuantityMilli(formatQuantity(value)));
