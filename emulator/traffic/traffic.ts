import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord, LogSink } from '../log-record.ts';
import type { AccessLine } from './access-line.ts';
import { Arrivals } from './arrivals.ts';
import { requestRecords } from './request-record.ts';
import type { TrafficRoute } from './routes.ts';

const tickMs = 50;
const backfillSeconds = 60;

/** The routes, and where their log goes. */
export interface TrafficOptions {
  readonly routes: readonly TrafficRoute[];
  readonly sink: LogSink;
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** If true, arrivals are a Poisson process, else evenly spaced. Default: false. */
  readonly jitter?: boolean;
  /** What the collector makes of a line. Default: ACK's of nginx-ingress. */
  readonly record?: ((line: AccessLine) => LogRecord) | undefined;
  /** Ends the traffic. */
  readonly signal: AbortSignal;
  /** How much of the past it writes first. Default: 60. */
  readonly pastSeconds?: number;
  /** Unix time in seconds at which the rates have t = 0. Default: now. */
  readonly startSeconds?: number;
}

/** Running traffic. */
export interface Traffic {
  /** Resolves after the signal has aborted. Rejects if the sink fails. */
  readonly done: Promise<void>;
}

/**
 * Writes the access log lines of simulated requests, each within about 100 ms of its time. Resolves after it has
 * written the past (`pastSeconds`), so that the first reading has a full window. After a pause of the whole process, as when a
 * laptop sleeps, it writes at most the last 60 s.
 *
 * @throws Error if the sink fails
 */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const { routes, sink, clock, random, jitter = false, signal, pastSeconds = backfillSeconds } = options;
  const nowSeconds = () => clock.now() / 1000;
  const startSeconds = options.startSeconds ?? nowSeconds();
  const fromSeconds = nowSeconds() - startSeconds - pastSeconds;
  const sources = routes.map((route) => ({
    route,
    arrivals: new Arrivals(route.rate, { fromSeconds, random: jitter ? random : undefined }),
  }));

  const catchUp = async (mostSeconds = backfillSeconds): Promise<void> => {
    const t = nowSeconds() - startSeconds;
    const records: LogRecord[] = [];
    for (const { route, arrivals } of sources) {
      arrivals.skip(t - mostSeconds);
      for (const at of arrivals.take(t))
        records.push(...requestRecords(route, startSeconds + at, random, options.record));
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

  await catchUp(pastSeconds);
  return { done: run() };
}
