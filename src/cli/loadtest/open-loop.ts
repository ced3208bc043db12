import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises';
import { dueMs, plannedRequests, type RatePlan } from './rate-plan.ts';
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
