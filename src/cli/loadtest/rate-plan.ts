/** A rate that goes from one value to another in a straight line. */
export interface RatePlan {
  /** Requests per second at the start and at the end; equal: a steady rate. */
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  readonly durationMs: number;
}

/** Requests per second, `atMs` after the start. */
export function rateAt({ fromPerSecond, toPerSecond, durationMs }: RatePlan, atMs: number): number {
  return fromPerSecond + ((toPerSecond - fromPerSecond) * atMs) / durationMs;
}

/** How many requests are due until `atMs` after the start, a fraction of the next one included. */
export function requestsUntil(plan: RatePlan, atMs: number): number {
  return ((plan.fromPerSecond + rateAt(plan, atMs)) / 2) * (atMs / 1000);
}

/** How many requests the whole plan sends. */
export const plannedRequests = (plan: RatePlan): number => Math.floor(requestsUntil(plan, plan.durationMs));

/** When the request with this number is due, ms after the start: `requestsUntil` turned round. The first has number 1. */
export function dueMs({ fromPerSecond, toPerSecond, durationMs }: RatePlan, number: number): number {
  const perSecondEachSecond = ((toPerSecond - fromPerSecond) * 1000) / durationMs;
  // Of rate·t + slope·t²/2 = number, in the form that a slope of 0 does not upset.
  const root = Math.sqrt(Math.max(0, fromPerSecond ** 2 + 2 * perSecondEachSecond * number));
  return ((2 * number) / (fromPerSecond + root)) * 1000;
}
