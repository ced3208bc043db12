import type { AdapterError } from '../../../src/errors.ts';
import type { Series } from '../../../src/metric/series.ts';
import { AdaptiveWindows } from '../../../src/reading/adaptive/adaptive-windows.ts';
import { Collector } from '../../../src/reading/collector.ts';
import { Delays } from '../../../src/reading/delay/delays.ts';
import { failed, noForecasts } from '../../../src/reading/history/kept-forecast.ts';
import { Reader } from '../../../src/reading/reader.ts';
import type { Heartbeat } from '../../../src/reading/heartbeat/heartbeat.ts';
import { SilenceWatch, type SilenceObserver } from '../../../src/reading/silence/silence-watch.ts';
import { CompleteResults, forgetPlanned, SampleStore } from '../../../src/reading/sample-store.ts';
import { ReadBeats } from '../../../src/reading/pace/read-beats.ts';
import type { AggregateQuery, AggregateResult } from '../../../src/sls/aggregate-source.ts';
import { parseEndpointUrl } from '../../../src/sls/endpoint.ts';
import type { SecondCountQuery } from '../../../src/sls/second-counts.ts';
import { TestClock } from '../../support/test-clock.ts';
import { defaultSettings } from '../delay/late-logs.ts';

const alive = () => new AbortController().signal;

/** Lines of this route are heartbeats: no reading counts them. */
export const heartbeatRoute = 'heartbeat';

/** A logstore whose lines become visible `lagSeconds` after the second of their stamp. */
export class SimulatedLogs {
  readonly clock = new TestClock();
  readonly startSeconds = this.clock.nowSeconds;
  readonly lagSeconds = 3;
  /** Returns when the lines of a second become visible at the earliest, Unix seconds: they keep their stamp. */
  heldUntil: (second: number, route: string) => number = () => -Infinity;
  /** If set, all queries fail with it. */
  failure: AdapterError | undefined;
  /** If set, counts by second fail with it. */
  countFailure: AdapterError | undefined;
  queries = 0;
  counts = 0;
  /** Unix second → route → lines. */
  readonly #lines = new Map<number, Map<string, number>>();

  log(second: number, route: string, lines: number): void {
    if (lines === 0) return;
    const ofSecond = this.#lines.get(second) ?? new Map<string, number>();
    ofSecond.set(route, (ofSecond.get(route) ?? 0) + lines);
    this.#lines.set(second, ofSecond);
  }

  readonly query = async (query: AggregateQuery): Promise<AggregateResult> => {
    this.queries += 1;
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    const { routes, everyRoute, window } = query;
    const byRoute = new Map<string | undefined, { requests: number }>();
    let newestSeconds: number | undefined;
    for (const [second, route, lines] of this.#visible(window.startSeconds, window.endSeconds)) {
      if (route === heartbeatRoute) continue;
      const isAsked = routes === undefined || routes.includes(route);
      if (isAsked || everyRoute) newestSeconds = second;
      if (!isAsked) continue;
      const key = routes === undefined ? undefined : route;
      byRoute.set(key, { requests: (byRoute.get(key)?.requests ?? 0) + lines });
    }
    return { byRoute, newestSeconds };
  };

  readonly countSeconds = async ({ window }: SecondCountQuery) => {
    this.counts += 1;
    await Promise.resolve();
    const failure = this.failure ?? this.countFailure;
    if (failure !== undefined) throw failure;
    const lines = new Map<number, number>();
    const heartbeats = new Map<number, number>();
    for (const [second, route, count] of this.#visible(window.startSeconds, window.endSeconds)) {
      lines.set(second, (lines.get(second) ?? 0) + count);
      if (route === heartbeatRoute) heartbeats.set(second, count);
    }
    return { lines, heartbeats, ownHeartbeats: heartbeats };
  };

  *#visible(from: number, to: number): Generator<readonly [second: number, route: string, lines: number]> {
    const end = Math.min(to, Math.floor(this.clock.nowSeconds) - this.lagSeconds);
    for (let second = from; second < end; second++)
      for (const [route, lines] of this.#lines.get(second) ?? [])
        if (this.clock.nowSeconds >= this.heldUntil(second, route)) yield [second, route, lines];
  }
}

export interface AdapterOptions {
  readonly holdSeconds?: number;
  /** Undefined: the delay is learned. */
  readonly fixedDelaySeconds?: number | undefined;
  readonly heartbeat?: Heartbeat;
}

/** The parts of an adapter from the reader down, without the prefetcher. */
export function startAdapter(
  logs: SimulatedLogs,
  { holdSeconds = 600, fixedDelaySeconds, heartbeat }: AdapterOptions = {},
) {
  const { clock } = logs;
  const { monotonicMs } = clock;
  const endpointOf = () => parseEndpointUrl('http://127.0.0.1:1');
  const store = new SampleStore(100);
  const beats = new ReadBeats(100);
  const events: string[] = [];
  const at = () => clock.nowSeconds - logs.startSeconds;
  const observer: SilenceObserver = {
    silenceBegan: () => events.push(`began at ${at()}`),
    silenceBelieved: () => events.push(`believed at ${at()}`),
    silenceEnded: () => events.push(`ended at ${at()}`),
  };
  const silence = new SilenceWatch({
    query: logs.query,
    countSeconds: logs.countSeconds,
    heartbeat,
    settingsOf: () => ({ silence: { holdSeconds }, deadlineMs: 10_000, maxNamedRoutes: 200 }),
    learnedDelayOf: (address) => delays.learnedSecondsOf(address),
    clock,
    monotonicMs,
    forgetAfter: (logstore, seconds) => forgetPlanned(logstore, seconds, store, complete),
    observer,
  });
  const delays: Delays = new Delays({
    ...{ endpointOf, store, clock, monotonicMs },
    maxLogstores: 100,
    settingsOf: () => ({ delaySeconds: fixedDelaySeconds, delay: defaultSettings }),
    query: silence.countSeconds,
    observer: { delayLearned: () => 0, probeFailing: () => 0, probeRecovered: () => 0 },
  });
  const windows = new AdaptiveWindows({ windowShrunk: () => undefined });
  const complete = new CompleteResults({
    isTooEarly: delays.isTooEarly,
    windows,
    sink: delays.sink,
    monotonicMs,
  });
  const collector = new Collector(
    { gatherMs: 0, holdMs: 0, firstPauseMs: 0, longestPauseMs: 0, random: () => 0 },
    {
      ...{ clock, monotonicMs, endpointOf },
      delaySecondsOf: delays.secondsOf,
      limitsOf: silence.limitsOf,
      query: silence.query,
      windows,
      sink: delays.sink,
      complete,
      observer: { batchSent: () => undefined },
    },
  );
  const settingsOf = () => ({ freshnessMs: 1000, maxStaleMs: 60_000, patienceMs: 5000 });
  const reader = new Reader({
    forecasts: { read: () => failed(noForecasts()) },
    store,
    collector,
    complete,
    beats,
    settingsOf,
    monotonicMs,
  });
  const read = async (series: Series) => {
    const { project, logstore, metric, filters, intervalSeconds } = series;
    const group = { project, logstore, metric, filters, intervalSeconds, routes: undefined };
    const request = {
      ...group,
      delaySeconds: undefined,
      internalEndpoint: undefined,
      maxRetries: 0,
      series: [series],
    };
    const { items, source } = await reader.read(request, alive());
    return { value: items[0]?.sample.value ?? Number.NaN, source };
  };
  const learn = (series: readonly Series[]) => delays.learn(series, alive());
  return { silence, events, read, learn, delays };
}
