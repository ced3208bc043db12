import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord, LogSink } from '../log-record.ts';
import { Arrivals } from './arrivals.ts';
import { requestRecord } from './request-record.ts';
import type { TrafficRoute } from './routes.ts';

const tickMs = 50;
const backfillSeconds = 60;

/** What to ask for, and where its log goes. */
export interface TrafficOptions {
  readonly routes: readonly TrafficRoute[];
  readonly sink: LogSink;
  readonly clock: { now(): number };
  /** In [0, 1). */
  readonly random: () => number;
  /** Scatter arrivals as a Poisson process; otherwise they are even. Default false. */
  readonly jitter?: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Unix time at which the rates begin, in seconds: their t = 0. Default: now. */
  readonly startSeconds?: number;
}

/** Traffic under way. */
export interface Traffic {
  /** Resolves once the signal has aborted; rejects if the sink fails. */
  readonly done: Promise<void>;
}

/**
 * Writes the access log of made-up requests as their time comes, each within about 100 ms of it. Resolves as soon as
 * the last 60 s are in the sink, so that a reading finds a full window at once. After a pause of the whole process
 * (a laptop asleep) at most the last 60 s are made up for.
 *
 * @throws Error if the sink fails.
 */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const { routes, sink, clock, random, jitter = false, signal } = options;
  const nowSeconds = () => clock.now() / 1000;
  const startSeconds = options.startSeconds ?? nowSeconds();
  const fromSeconds = nowSeconds() - startSeconds - backfillSeconds;
  const sources = routes.map((route) => ({
    route,
    arrivals: new Arrivals(route.rate, { fromSeconds, random: jitter ? random : undefined }),
  }));

  const catchUp = async (): Promise<void> => {
    const t = nowSeconds() - startSeconds;
    const records: LogRecord[] = [];
    for (const { route, arrivals } of sources) {
      arrivals.skip(t - backfillSeconds);
      for (const at of arrivals.take(t)) records.push(requestRecord(route, startSeconds + at, random));
    }
    if (records.length > 0) await sink.append(records);
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await catchUp();
      await sleep(tickMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  };

  await catchUp();
  return { done: run() };
}
