import { milliOf } from '../grammar/quantity.ts';
import type { WindowMode } from '../metric/labels.ts';
import { windowSeconds, type Window } from '../metric/sample.ts';
import { mayAdapt, type Series } from '../metric/series.ts';
import { AdaptiveWindows } from '../reading/adaptive/adaptive-windows.ts';
import { countedSpans } from '../reading/adaptive/rise-test.ts';
import { Beat } from '../reading/pace/beat.ts';
import { RefreshPacer } from '../reading/pace/refresh-pacer.ts';
import { outcomeFromResult, windowOf } from '../reading/plan.ts';
import { lastAlias } from '../sls/query-text.ts';
import type { CountedSeries, Traffic } from './traffic.ts';

/** How the adapter reads. */
export interface ReadingRules {
  /** How long before now a window ends. */
  readonly delaySecondsOf: (series: Series) => number;
  /** The setting `reading.refreshesIn15Seconds`. */
  readonly refreshesIn15Seconds: number;
  /** The setting `reading.window`. */
  readonly windowMode: WindowMode;
}

/** When the controller syncs. */
interface SyncRules {
  readonly periodSeconds: number;
  /** How far the first sync is after the start. */
  readonly phaseSeconds: number;
}

/** What the HPA reads at each sync of one phase. */
export interface PhaseReadings {
  /** Seconds after the start of the replay; not whole, as in a cluster. */
  readonly syncs: Float64Array;
  /** For each metric, the sum of its items in thousandths at each sync. NaN: the read fails. */
  readonly usagesMilli: readonly Float64Array[];
}

/** A reconcile takes this long, so that a sync comes a little more than a period after the one before. */
const reconcileSeconds = 0.01;
/** A query of SLS takes this long. */
const queryMs = 300;
/** Reads before the start, from which the adapter has learned the beat. */
const earlierReads = 4;

/** Returns the seconds of log that the first reading needs before the start of the replay. */
export const leadSeconds = (series: readonly Series[], rules: ReadingRules): number =>
  Math.max(
    ...series.map((one) => {
      const spans = isAdaptive(one, rules) ? countedSpans(one.intervalSeconds) : [one.intervalSeconds];
      return rules.delaySecondsOf(one) + Math.max(...spans);
    }),
  ) + 2;

const isAdaptive = (series: Series, { windowMode }: ReadingRules): boolean =>
  mayAdapt(series) && (series.windowMode ?? windowMode) === 'adaptive';

/** Returns what the HPA would have read, by the adapter's own rules of refreshing, windows and values. */
export function readPhase(traffic: Traffic, rules: ReadingRules, sync: SyncRules): PhaseReadings {
  const syncs = syncTimes(traffic, sync);
  const plannedMs = plannedTimes(syncs, traffic.fromSeconds, rules, sync);
  const usagesMilli = traffic.byMetric.map((counted) => {
    const usages = new Float64Array(syncs.length);
    const readers = counted.map((one) => seriesReader(one, rules));
    for (let index = 0; index < syncs.length; index++) {
      const nowSeconds = (plannedMs[index] ?? 0) / 1000;
      let usage = 0;
      for (const read of readers) usage += read(nowSeconds);
      usages[index] = usage;
    }
    return usages;
  });
  return { syncs, usagesMilli };
}

function syncTimes(
  { fromSeconds, toSeconds }: Traffic,
  { periodSeconds, phaseSeconds }: SyncRules,
): Float64Array {
  const step = periodSeconds + reconcileSeconds;
  const count = Math.max(0, Math.ceil((toSeconds - fromSeconds - phaseSeconds) / step));
  return Float64Array.from({ length: count }, (_, index) => phaseSeconds + index * step);
}

/** Returns when the query was planned whose result each sync reads, Unix ms: by the adapter's beat and pacer. */
function plannedTimes(
  syncs: Float64Array,
  fromSeconds: number,
  { refreshesIn15Seconds: budget }: ReadingRules,
  { periodSeconds, phaseSeconds }: SyncRules,
): Float64Array {
  const beat = new Beat();
  const pacer = new RefreshPacer(budget);
  const step = periodSeconds + reconcileSeconds;
  for (let earlier = earlierReads; earlier > 0; earlier--)
    beat.read((fromSeconds + phaseSeconds - earlier * step) * 1000);
  return syncs.map((sync) => {
    const readMs = (fromSeconds + sync) * 1000;
    const dueMs = budget === 0 ? undefined : beat.nextMs(readMs - 1000);
    beat.read(readMs);
    if (dueMs === undefined) return readMs;
    const next = pacer.next([dueMs], readMs - periodSeconds * 1000, 0);
    if (next === undefined || next.startMs > readMs) return readMs;
    pacer.refreshed(next, next.startMs, next.startMs + queryMs);
    return next.startMs;
  });
}

/** Returns a function that gives the value of one item in thousandths, as the HPA controller takes it. */
function seriesReader(
  { series, counts }: CountedSeries,
  rules: ReadingRules,
): (nowSeconds: number) => number {
  const windows = new AdaptiveWindows({ windowShrunk: () => undefined });
  const context = { delaySecondsOf: rules.delaySecondsOf, endpointOf: unused, maxNamedRoutes: 0 };
  const outcome = (window: Window) => {
    if (!isAdaptive(series, rules)) {
      const aggregates = counts.aggregates(window.startSeconds, window.endSeconds);
      const result = new Map(aggregates === undefined ? [] : [[series.route, aggregates]]);
      return outcomeFromResult(series, window, result);
    }
    const lastSeconds = countedSpans(windowSeconds(window));
    const lines = lastSeconds.map((seconds) => [
      lastAlias(seconds),
      counts.sum('requests', window.endSeconds - seconds, window.endSeconds),
    ]);
    return windows.outcomeOf(series, window, new Map([[series.route, Object.fromEntries(lines)]]));
  };
  return (nowSeconds) => {
    const read = outcome(windowOf(series, { ...context, nowSeconds }));
    return read.kind === 'failed' ? Number.NaN : Number(milliOf(read.sample.value));
  };
}

const unused = () => {
  throw new RangeError('a replay asks no endpoint');
};
