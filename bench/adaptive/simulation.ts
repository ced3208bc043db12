import { AdaptiveWindows } from '../../src/reading/adaptive/adaptive-windows.ts';
import { shortestRise } from '../../src/reading/adaptive/rise-test.ts';
import { newSeries } from '../../src/metric/series.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import type { Random } from '../../test/support/seeded.ts';

/** A simulated log of one route, read in the beat of an HPA with adaptive windows. */

/** Returns a count with this mean: exactly Poisson below 60, then by the normal distribution of the same variance. */
function poisson(mean: number, random: Random): number {
  if (mean >= 60) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit || count < 0; product *= random()) count += 1;
  return count;
}

/** Requests by second, with this rate in each second. */
export const poissonLog = (rates: ArrayLike<number>, random: Random): Float64Array =>
  Float64Array.from(rates, (rate) => poisson(rate, random));

interface SimulatedReading {
  /** The second after the window, from the start of the log. */
  readonly endSeconds: number;
  readonly windowSeconds: number;
  readonly perSecond: number;
}

const steadySeconds = 15;
const series = newSeries({
  metric: createCatalog().find('sls_ingress_qps'),
  project: 'simulated',
  logstore: 'nginx-ingress',
  route: 'default-web-80',
  filters: {},
  intervalSeconds: steadySeconds,
  delaySeconds: undefined,
  internalEndpoint: undefined,
});

/** Reads the log with windows that end at these seconds, at least 60, in ascending order. */
export function readLog(
  log: Float64Array,
  endsSeconds: Iterable<number>,
  mode: 'adaptive' | 'fixed',
): SimulatedReading[] {
  const sums = new Float64Array(log.length + 1);
  for (const [second, count] of log.entries()) sums[second + 1] = (sums[second] ?? 0) + count;
  const before = (second: number) => sums[second] ?? Number.NaN;
  const windows = new AdaptiveWindows({ windowShrunk: () => undefined });
  return Array.from(endsSeconds, (endSeconds) => {
    const linesInLast = (seconds: number) => before(endSeconds) - before(endSeconds - seconds);
    const window = { startSeconds: endSeconds - steadySeconds, endSeconds };
    const rise = mode === 'fixed' ? undefined : shortestRise(windows.test(series, window, linesInLast));
    const windowSeconds = rise?.seconds ?? steadySeconds;
    return { endSeconds, windowSeconds, perSecond: linesInLast(windowSeconds) / windowSeconds };
  });
}

/** Returns the seconds of a beat, from the end of the first minute to the end of the log. */
export function* beat(log: Float64Array, beatSeconds: number, firstSeconds = 60): Generator<number> {
  for (let second = firstSeconds; second <= log.length; second += beatSeconds) yield Math.floor(second);
}

interface ShrunkReadings {
  readonly readings: number;
  /** Shrunk readings within a minute are one episode: one rise. */
  readonly episodes: number;
  /** Episodes after which the requests of a minute stay a quarter above those of the minute before. */
  readonly sustained: number;
}

export function shrunkReadings(log: Float64Array, readings: readonly SimulatedReading[]): ShrunkReadings {
  const found = { readings: 0, episodes: 0, sustained: 0 };
  let last = -Infinity;
  for (const { endSeconds, windowSeconds } of readings) {
    if (windowSeconds === steadySeconds) continue;
    found.readings += 1;
    if (endSeconds - last > 60) {
      found.episodes += 1;
      const earlier = mean(log.subarray(endSeconds - 60, endSeconds - windowSeconds));
      if (mean(log.subarray(endSeconds, endSeconds + 60)) > earlier * 1.25) found.sustained += 1;
    }
    last = endSeconds;
  }
  return found;
}

export const mean = (values: ArrayLike<number> & Iterable<number>): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};

/** Seconds of steady traffic before a step: the adapter knows the dispersion of 5 minutes. */
const beforeStepSeconds = 400;
/** From the end of a window to its read: the learned delay and the age of the refresh, or the delay of the stock adapter. */
const lagSeconds = { adaptive: 4.6, fixed: 4.6, stock: 10 } as const;
/** The HPA tolerates a difference of a tenth. */
const tolerance = 1.1;

/**
 * Returns the seconds from a step in the rate to the HPA's first read that asks for enough replicas. The HPA reads every
 * 15 s, at a random phase, a reading that was refreshed just before; with the stock adapter, it queries SLS itself.
 */
export function secondsToRight(
  rate: number,
  factor: number,
  mode: keyof typeof lagSeconds,
  random: Random,
): number {
  const rates = Array.from({ length: beforeStepSeconds + 90 }, (_, second) =>
    second < beforeStepSeconds ? rate : rate * factor,
  );
  const log = poissonLog(rates, random);
  const phase = random() * 15;
  const lag = lagSeconds[mode];
  const first = beforeStepSeconds + phase - 15 * Math.floor((beforeStepSeconds - 75) / 15);
  const readings = readLog(log, beat(log, 15, first - lag), mode === 'adaptive' ? 'adaptive' : 'fixed');
  const right = readings.findIndex(
    ({ endSeconds, perSecond }) => endSeconds > beforeStepSeconds && perSecond * tolerance >= rate * factor,
  );
  return first + 15 * right - beforeStepSeconds;
}

/** Returns how often the number of replicas changes, with a scale-down window of 5 minutes, in which the largest number counts. */
export function replicaChanges(readings: readonly SimulatedReading[], target: number): number {
  let replicas = Math.ceil((readings[0]?.perSecond ?? 0) / target);
  let changes = 0;
  const recent: number[] = [];
  for (const { perSecond } of readings) {
    const ratio = perSecond / target / Math.max(1, replicas);
    const wanted = Math.abs(ratio - 1) <= 0.1 ? replicas : Math.max(1, Math.ceil(perSecond / target));
    recent.push(wanted);
    if (recent.length > 20) recent.shift();
    const next = Math.max(wanted, Math.min(replicas, Math.max(...recent)));
    if (next !== replicas) changes += 1;
    replicas = next;
  }
  return changes;
}
