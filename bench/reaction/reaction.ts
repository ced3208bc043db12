import type { SeenLines, SeenQuery } from '../sls/messages.ts';
import type { WireReading } from '../support/reading-wire.ts';

/** A jump of one route's rate. */
export interface Step {
  readonly route: string;
  /** Unix time. */
  readonly atMs: number;
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
}

/** A reading that the HPA got. */
export interface GotReading extends WireReading {
  /** Unix time at which it had it. */
  readonly gotMs: number;
}

/** How long it took from a step to the reading that has it fully, and what for. The parts add up. */
export interface Reaction {
  readonly totalMs: number;
  /** Of the reading: all of it lies after the step. */
  readonly windowMs: number;
  /** How long before its query the window ends, in whole seconds. */
  readonly delayMs: number;
  /** Until the query that has it is sent and answered. */
  readonly refreshMs: number;
  /** Until the HPA asks. */
  readonly syncMs: number;
}

/** Of the new rate; below it a reading is taken to miss lines. */
const fullShare = 0.99;

/**
 * Whether the window begins after the step, and the new rate is all there. A window that holds a moment of the old
 * rate could pass by its value alone.
 */
export function hasFully(step: Step, { value, windowSeconds, windowEndSeconds }: WireReading): boolean {
  const startMs = (windowEndSeconds - windowSeconds) * 1000;
  return startMs >= step.atMs && value >= fullShare * step.toPerSecond;
}

/** When a window that has the step could first be had, and how long before its query it ended. */
export interface FirstChance {
  readonly answeredMs: number;
  readonly delayMs: number;
}

/** @param queries those that read the step's logstore, in order */
export function firstChanceOf(step: Step, queries: readonly SeenQuery[]): FirstChance | undefined {
  const first = queries.find(({ fromSeconds }) => fromSeconds * 1000 >= step.atMs);
  if (first === undefined) return undefined;
  return { answeredMs: first.endedMs, delayMs: delaySecondsOf(first) * 1000 };
}

/** How long before now the window of a query ended, as far as its arrival tells. */
export const delaySecondsOf = ({ arrivedMs, toSeconds }: SeenQuery): number =>
  Math.floor(arrivedMs / 1000) - toSeconds;

/** @returns undefined where no reading has it */
export function reactionOf(
  step: Step,
  readings: readonly GotReading[],
  chance: FirstChance,
): Reaction | undefined {
  const first = readings.find((reading) => hasFully(step, reading));
  if (first === undefined) return undefined;
  const windowMs = first.windowSeconds * 1000;
  const totalMs = first.gotMs - step.atMs;
  const refreshMs = chance.answeredMs - step.atMs - windowMs - chance.delayMs;
  return {
    totalMs,
    windowMs,
    delayMs: chance.delayMs,
    refreshMs,
    syncMs: totalMs - windowMs - chance.delayMs - refreshMs,
  };
}

/** The stock adapter's policy: whatever is read is asked of SLS, over the last 15 s before a delay of 10 s. */
export const stockPolicy = { windowSeconds: 15, delaySeconds: 10 } as const;

/**
 * What the stock policy would have read off the same log, with its arithmetic put right.
 *
 * @param lines of the one route
 */
export function stockReading(lines: readonly SeenLines[], askedMs: number, slsMs: number): GotReading {
  const { windowSeconds, delaySeconds } = stockPolicy;
  const windowEndSeconds = Math.floor(askedMs / 1000) - delaySeconds;
  const count = lines
    .filter(({ visibleMs }) => visibleMs <= askedMs + slsMs)
    .filter(({ second }) => second >= windowEndSeconds - windowSeconds && second < windowEndSeconds)
    .reduce((sum, one) => sum + one.count, 0);
  return { value: count / windowSeconds, windowSeconds, windowEndSeconds, gotMs: askedMs + slsMs };
}

/** The first whole second at which the stock policy's window lies after the step. */
export function stockChanceOf({ atMs }: Step, slsMs: number): FirstChance {
  const { windowSeconds, delaySeconds } = stockPolicy;
  const askedMs = Math.ceil(atMs / 1000 + windowSeconds + delaySeconds) * 1000;
  return { answeredMs: askedMs + slsMs, delayMs: delaySeconds * 1000 };
}
