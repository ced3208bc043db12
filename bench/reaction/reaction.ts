import type { SeenLines, SeenQuery } from '../sls/messages.ts';
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
  /** Unix time. */
  readonly receivedMs: number;
}

/** An odd number, as `stepOffsets` requires. */
export const steppingRoutes = 25;

/**
 * Returns when in the period each stepping route has its step, in seconds. The reads of the routes are spread evenly over
 * the period, and so are the steps. The time from a route's step to its next read takes every multiple of
 * `periodSeconds / steppingRoutes` once. Doubling modulo an odd number is a permutation, so the steps stay evenly spread.
 */
export function stepOffsets(periodSeconds: number): number[] {
  return Array.from(
    { length: steppingRoutes },
    (_, index) => (((index * 2) % steppingRoutes) * periodSeconds) / steppingRoutes,
  );
}

/** The time from a step to the reading that fully reflects it, and its parts, which add up to the total. */
export interface Reaction {
  /** From the step to the first reading that asks for enough replicas. */
  readonly enoughMs: number;
  readonly totalMs: number;
  /** The window of the reading. All of it is after the step. */
  readonly windowMs: number;
  /** From the end of the window to its query, in whole seconds. */
  readonly delayMs: number;
  /** From then until that query is sent and answered. */
  readonly refreshMs: number;
  /** From then until the HPA reads. */
  readonly syncMs: number;
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
export const asksForEnough = (step: Step, { value }: WireReading): boolean =>
  value >= step.toPerSecond / (1 + tolerance);

/** The first query whose window is after the step: when it was answered, and how long before it the window ended. */
export interface FirstChance {
  readonly answeredMs: number;
  readonly delayMs: number;
}

/** @param queries the queries for readings of the step's logstore, in order */
export function firstChanceOf(step: Step, queries: readonly SeenQuery[]): FirstChance | undefined {
  const first = queries.find(({ windowStartSeconds }) => windowStartSeconds * 1000 >= step.atMs);
  if (first === undefined) return undefined;
  return { answeredMs: first.endedMs, delayMs: delaySecondsOf(first) * 1000 };
}

/** Returns how long before the query's arrival its window ended, in whole seconds. */
export const delaySecondsOf = ({ arrivedMs, windowEndSeconds }: SeenQuery): number =>
  Math.floor(arrivedMs / 1000) - windowEndSeconds;

/** Returns undefined if no reading fully reflects the step. */
export function reactionOf(
  step: Step,
  readings: readonly ReceivedReading[],
  chance: FirstChance,
): Reaction | undefined {
  const first = readings.find((reading) => reflectsFully(step, reading));
  if (first === undefined) return undefined;
  const enough = readings.find((one) => one.receivedMs > step.atMs && asksForEnough(step, one)) ?? first;
  const windowMs = first.windowSeconds * 1000;
  const totalMs = first.receivedMs - step.atMs;
  const refreshMs = chance.answeredMs - step.atMs - windowMs - chance.delayMs;
  return {
    enoughMs: enough.receivedMs - step.atMs,
    totalMs,
    windowMs,
    delayMs: chance.delayMs,
    refreshMs,
    syncMs: totalMs - windowMs - chance.delayMs - refreshMs,
  };
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
  return { value: count / windowSeconds, windowSeconds, windowEndSeconds, receivedMs: askedMs + slsMs };
}

/** Returns the stock policy's first chance: the first whole second at which its window is after the step. */
export function stockChanceOf({ atMs }: Step, slsMs: number): FirstChance {
  const { windowSeconds, delaySeconds } = stockPolicy;
  const askedMs = Math.ceil(atMs / 1000 + windowSeconds + delaySeconds) * 1000;
  return { answeredMs: askedMs + slsMs, delayMs: delaySeconds * 1000 };
}
