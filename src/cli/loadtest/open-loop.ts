import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises';
import type { Ending, Tally } from './tally.ts';

export interface OpenLoop {
  readonly plan: RatePlan;
  /** At a time; what is due beyond them is not sent, and counted. */
  readonly maxInFlight: number;
  /** One request. Never rejects. */
  readonly send: (signal: AbortSignal) => Promise<Ending>;
  readonly tally: Tally;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
}

const launchesInARow = 50;

/**
 * Sends each request when it is due, whether or not those before it are answered, as users do: a server that slows down
 * gets no rest. Latencies count from when a request was due.
 *
 * @param signal ends it at once; what is under way is dropped, and not counted as an answer
 * @returns for how long it sent, ms
 */
export async function runOpenLoop(
  { plan, maxInFlight, send, tally, nowMs }: OpenLoop,
  signal: AbortSignal,
): Promise<number> {
  const startMs = nowMs();
  const count = plannedRequests(plan);
  const underWay = new Set<Promise<void>>();
  const launch = (due: number): void => {
    if (underWay.size >= maxInFlight) {
      tally.unsent(due);
      return;
    }
    tally.sent(due);
    const flight = send(signal).then((ending) => {
      if (!signal.aborted) tally.ended({ dueMs: due, endMs: nowMs() - startMs, ending });
      underWay.delete(flight);
    });
    underWay.add(flight);
  };
  for (let number = 1; number <= count; number += 1) {
    const due = dueMs(plan, number);
    const waitMs = due - (nowMs() - startMs);
    if (waitMs > 0) await pause(waitMs, undefined, { signal }).catch(() => undefined);
    // Where it lags behind, answers must still be heard.
    else if (number % launchesInARow === 0) await immediate();
    if (signal.aborted) return Math.min(plan.durationMs, nowMs() - startMs);
    launch(due);
  }
  const restMs = plan.durationMs - (nowMs() - startMs);
  if (restMs > 0) await pause(restMs, undefined, { signal }).catch(() => undefined);
  const sentForMs = signal.aborted ? Math.min(plan.durationMs, nowMs() - startMs) : plan.durationMs;
  await Promise.all(underWay);
  return sentForMs;
}

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
