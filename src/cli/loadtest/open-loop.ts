import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises';
import type { Ending, Tally } from './tally.ts';

export interface OpenLoop {
  readonly plan: RatePlan;
  /** Maximum concurrent requests. A request that is due beyond them is counted as unsent. */
  readonly maxInFlight: number;
  /** Sends one request. Never rejects. */
  readonly send: (signal: AbortSignal) => Promise<Ending>;
  readonly tally: Tally;
  /** Monotonic clock, ms. */
  readonly nowMs: () => number;
}

/** When the loop is late, it yields to pending answers after this many requests. */
const maxSentInARow = 50;

/**
 * Sends each request when it is due, without waiting for earlier answers, as independent users do: a slow server does
 * not slow down the load. Latencies count from when a request was due.
 *
 * @param signal ends the loop at once; in-flight requests are dropped and not counted as ended
 * @returns how long it sent, ms
 */
export async function runOpenLoop(
  { plan, maxInFlight, send, tally, nowMs }: OpenLoop,
  signal: AbortSignal,
): Promise<number> {
  const startMs = nowMs();
  const count = plannedRequests(plan);
  const inFlight = new Set<Promise<void>>();
  const sendOne = (due: number): void => {
    if (inFlight.size >= maxInFlight) {
      tally.unsent(due);
      return;
    }
    tally.sent(due);
    const pending = send(signal).then((ending) => {
      if (!signal.aborted) tally.ended({ dueMs: due, endMs: nowMs() - startMs, ending });
      inFlight.delete(pending);
    });
    inFlight.add(pending);
  };
  for (let number = 1; number <= count; number += 1) {
    const due = dueMs(plan, number);
    const waitMs = due - (nowMs() - startMs);
    if (waitMs > 0) await pause(waitMs, undefined, { signal }).catch(() => undefined);
    // When the loop is late, pending answers must still be processed.
    else if (number % maxSentInARow === 0) await immediate();
    if (signal.aborted) return Math.min(plan.durationMs, nowMs() - startMs);
    sendOne(due);
  }
  const restMs = plan.durationMs - (nowMs() - startMs);
  if (restMs > 0) await pause(restMs, undefined, { signal }).catch(() => undefined);
  const sentForMs = signal.aborted ? Math.min(plan.durationMs, nowMs() - startMs) : plan.durationMs;
  await Promise.all(inFlight);
  return sentForMs;
}

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
