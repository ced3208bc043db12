import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequestParser } from '../../src/access/access-check.ts';
import type { Series } from '../../src/metric/series.ts';
import type { FeedSettings } from '../../src/status-page/live-feed.ts';
import { StatusPage } from '../../src/status-page/status-page.ts';
import { StatusTracker, type StatusSources } from '../../src/status/status-tracker.ts';
import { seriesWith } from '../reading/series.ts';
import { builtIn } from '../support/catalog.ts';

/** A status page on a free port; the test fills its tracker. */
export interface StatusBench extends AsyncDisposable {
  readonly tracker: StatusTracker;
  readonly url: string;
  /** Ends all event streams, as a restart does. */
  cutOff(): void;
}

const usualLimits = { freshnessMs: 10_000, maxStaleMs: 60_000, deadlineMs: 20_000 };
/** For the real clock: no reading becomes stale while a busy machine starts a browser. */
const realTimeLimits = { freshnessMs: 600_000, maxStaleMs: 1_200_000, deadlineMs: 20_000 };

export const createTracker = (
  clock: { now(): number; monotonicMs?(): number },
  { maxSeries = 50_000, limits = clock === Date ? realTimeLimits : usualLimits } = {},
) =>
  new StatusTracker({
    clock,
    monotonicMs: () => clock.monotonicMs?.() ?? clock.now(),
    version: 'v0.1.0',
    limitsOf: () => limits,
    maxSeries,
    parseRequest: createRequestParser(builtIn, { project: 'p1', logstore: 'nginx-ingress' }, () => undefined),
  });

export async function startStatusBench(
  tracker: StatusTracker,
  sources: StatusSources = { projects: () => [], logstores: () => [] },
  settings?: FeedSettings,
): Promise<StatusBench> {
  const page = new StatusPage(tracker, sources, settings);
  const server = createServer((request, response) => page.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    tracker,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutOff: () => page.close(),
    [Symbol.asyncDispose]: async () => {
      page.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Routes `shop-service-0-80` and so on. */
export const manySeries = (count: number): Series[] =>
  Array.from({ length: count }, (_, index) => seriesWith({ route: `shop-service-${index}-80` }));

/** Puts a reading as the collector would now. */
export function putReading(
  { series: book }: StatusTracker,
  series: Series,
  value: number,
  nowMs: number,
  delaySeconds = 3,
): void {
  const endSeconds = Math.floor(nowMs / 1000) - delaySeconds;
  const window = { startSeconds: endSeconds - series.intervalSeconds, endSeconds };
  book.put(series, { value, window }, { plannedAtMs: nowMs, delaySeconds });
}
