import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises';
import type { Ending, Measurements } from './measurements.ts';
import { dueMs, plannedRequests, type RatePlan } from './rate-plan.ts';

export interface OpenLoop {
  readonly plan: RatePlan;
  /** Maximum concurrent requests. A request that is due beyond them is counted as unsent. */
  readonly maxInFlight: number;
  /** Sends one request. Never rejects. */
  readonly send: (signal: AbortSignal) => Promise<Ending>;
  readonly measurements: Measurements;
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
  { plan, maxInFlight, send, measurements, nowMs }: OpenLoop,
  signal: AbortSignal,
): Promise<number> {
  const startMs = nowMs();
  const count = plannedRequests(plan);
  const inFlight = new Set<Promise<void>>();
  const sendOne = (due: number): void => {
    if (inFlight.size >= maxInFlight) {
      measurements.unsent(due);
      return;
    }
    measurements.sent(due);
    const pending = send(signal).then((ending) => {
      if (!signal.aborted) measurements.ended(due, nowMs() - startMs, ending);
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
