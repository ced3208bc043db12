import { beat, readLog } from '../adaptive/simulation.ts';
import type { SeenLines } from '../sls/messages.ts';
import type { WireReading } from '../support/reading-wire.ts';

/** A step in one route's rate. */
export interface Step {
  readonly route: string;
  /** Unix time. */
  readonly atMs: number;
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
}

/** A reading that the HPA received. */
export interface ReceivedReading extends WireReading {
  /** When its query arrived at SLS. Unix time. */
  readonly queriedMs: number;
  /** Unix time. */
  readonly receivedMs: number;
}

/**
 * Each step is seen by one of two reads, 15 s apart, so a gain of seconds is a share of the steps that are seen by the earlier
 * one: with 25 steps, a gain of 3.5 s was measured as 2.4, 3.0 or 3.6 s.
 */
export const steppingRoutes = 75;

/** Has no common divisor with `steppingRoutes`, and neither has the number below it. Steps of neighbours are far apart. */
const stride = 53;

/**
 * Returns when in the period each stepping route has its step, in seconds. The reads of the routes are spread over the
 * period, and so are the steps. If each route has its own moment, the time from its step to its next read takes every multiple of
 * `periodSeconds / steppingRoutes` once.
 */
export function stepOffsets(periodSeconds: number): number[] {
  return Array.from(
    { length: steppingRoutes },
    (_, index) => (((index * stride) % steppingRoutes) * periodSeconds) / steppingRoutes,
  );
}

/** The time from a step to the first reading that asks for enough replicas, and its parts, which add up to it. */
export interface Reaction {
  readonly enoughMs: number;
  /** From the step until its lines are so many that a window that ends then asks for enough. */
  readonly windowMs: number;
  /** From then to the end of the window that the HPA reads: it does not read all the time. */
  readonly syncMs: number;
  /** From the end of that window to its query, in whole seconds. */
  readonly delayMs: number;
  /** From then until the HPA has read. */
  readonly ageMs: number;
  /** From the step to the first reading that fully reflects it. Undefined: there was none. */
  readonly fullMs: number | undefined;
}

/** A reading below this share of the new rate misses lines. */
const fullShare = 0.99;

/**
 * Returns whether the reading fully reflects the step: its window begins after the step and its value has the new rate.
 * The value alone is not enough, since the window could include a moment of the old rate.
 */
export function reflectsFully(step: Step, { value, windowSeconds, windowEndSeconds }: WireReading): boolean {
  const startMs = (windowEndSeconds - windowSeconds) * 1000;
  return startMs >= step.atMs && value >= fullShare * step.toPerSecond;
}

/** The HPA changes nothing while a reading differs by less than this share. Source: its --horizontal-pod-autoscaler-tolerance. */
const tolerance = 0.1;

/** Returns whether an HPA with this reading asks for enough replicas, give or take its tolerance. */
export const asksForEnough = (
  step: Pick<Step, 'toPerSecond'>,
  { value }: Pick<WireReading, 'value'>,
): boolean => value >= step.toPerSecond / (1 + tolerance);

/**
 * Returns undefined if no reading asks for enough replicas.
 *
 * @param enoughFromSeconds the earliest end of a window that asks for enough
 */
export function reactionOf(
  step: Step,
  readings: readonly ReceivedReading[],
  enoughFromSeconds: number,
): Reaction | undefined {
  const enough = readings.find((one) => one.receivedMs > step.atMs && asksForEnough(step, one));
  if (enough === undefined) return undefined;
  const full = readings.find((reading) => reflectsFully(step, reading));
  const queriedSeconds = Math.floor(enough.queriedMs / 1000);
  return {
    enoughMs: enough.receivedMs - step.atMs,
    windowMs: enoughFromSeconds * 1000 - step.atMs,
    syncMs: (enough.windowEndSeconds - enoughFromSeconds) * 1000,
    delayMs: (queriedSeconds - enough.windowEndSeconds) * 1000,
    ageMs: enough.receivedMs - queriedSeconds * 1000,
    fullMs: full && full.receivedMs - step.atMs,
  };
}

/**
 * Returns the earliest end of a window after the step, Unix time, that asks for enough replicas once all lines have come.
 *
 * @param lines those of the step's route
 */
export function enoughFromSeconds(
  step: Step,
  lines: readonly SeenLines[],
  mode: 'adaptive' | 'fixed',
): number {
  const seconds = lines.map(({ second }) => second);
  const [first, end] = [Math.min(...seconds), Math.max(...seconds) + 1];
  const log = new Float64Array(end - first);
  for (const { second, count } of lines) log[second - first] = (log[second - first] ?? 0) + count;
  const enough = readLog(log, beat(log, 1), mode).find(
    ({ endSeconds, perSecond }) =>
      (first + endSeconds) * 1000 > step.atMs && asksForEnough(step, { value: perSecond }),
  );
  return first + (enough?.endSeconds ?? Number.NaN);
}

/** The stock adapter's policy: each read queries SLS, over 15 s that end 10 s ago. */
const stockPolicy = { windowSeconds: 15, delaySeconds: 10 } as const;

/**
 * Returns what the stock policy would have read from the same log. The fractions that the stock adapter drops are kept.
 *
 * @param lines the lines of the step's route
 */
export function stockReading(lines: readonly SeenLines[], askedMs: number, slsMs: number): ReceivedReading {
  const { windowSeconds, delaySeconds } = stockPolicy;
  const windowEndSeconds = Math.floor(askedMs / 1000) - delaySeconds;
  const count = lines
    .filter(({ visibleMs }) => visibleMs <= askedMs + slsMs)
    .filter(({ second }) => second >= windowEndSeconds - windowSeconds && second < windowEndSeconds)
    .reduce((sum, one) => sum + one.count, 0);
  return {
    value: count / windowSeconds,
    windowSeconds,
    windowEndSeconds,
    queriedMs: askedMs,
    receivedMs: askedMs + slsMs,
  };
}
