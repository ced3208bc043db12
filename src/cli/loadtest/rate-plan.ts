/** A rate that changes linearly. */
export interface RatePlan {
  /** Requests per second at the start and at the end. Equal for a steady rate. */
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  readonly durationMs: number;
}

/** Returns the requests per second `atMs` after the start. */
export function rateAt({ fromPerSecond, toPerSecond, durationMs }: RatePlan, atMs: number): number {
  return fromPerSecond + ((toPerSecond - fromPerSecond) * atMs) / durationMs;
}

/** Returns the number of requests due until `atMs` after the start, with the fraction of the next one. */
export function requestsUntil(plan: RatePlan, atMs: number): number {
  return ((plan.fromPerSecond + rateAt(plan, atMs)) / 2) * (atMs / 1000);
}

/** Returns the number of requests of the whole plan. */
export const plannedRequests = (plan: RatePlan): number => Math.floor(requestsUntil(plan, plan.durationMs));

/** Returns when a request is due, in ms after the start. Inverse of `requestsUntil`. The first request has number 1. */
export function dueMs({ fromPerSecond, toPerSecond, durationMs }: RatePlan, number: number): number {
  const slope = ((toPerSecond - fromPerSecond) * 1000) / durationMs;
  // Solves rate·t + slope·t²/2 = number in a form that also works for a slope of 0.
  const root = Math.sqrt(Math.max(0, fromPerSecond ** 2 + 2 * slope * number));
  return ((2 * number) / (fromPerSecond + root)) * 1000;
}
