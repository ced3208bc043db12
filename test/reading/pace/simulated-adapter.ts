import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import { seeded } from '../../support/seeded.ts';
import { AdapterError, toAdapterError, type ErrorCode } from '../../../src/errors.ts';
import type { MetricRequest } from '../../../src/metric/metric-request.ts';
import type { Series } from '../../../src/metric/series.ts';
import { AdaptiveWindows } from '../../../src/reading/adaptive/adaptive-windows.ts';
import { Collector } from '../../../src/reading/collector.ts';
import { Delays } from '../../../src/reading/delay/delays.ts';
import { ReadBeats } from '../../../src/reading/pace/read-beats.ts';
import { Prefetcher } from '../../../src/reading/prefetcher.ts';
import { failed, noForecasts } from '../../../src/reading/history/kept-forecast.ts';
import { Reader } from '../../../src/reading/reader.ts';
import { CompleteResults, SampleStore } from '../../../src/reading/sample-store.ts';
import { parseEndpointUrl } from '../../../src/sls/endpoint.ts';
import { seriesWith } from '../series.ts';

interface SimulatedHpa {
  readonly series: Series;
  readonly namespace: string;
  /** The first read, in seconds from now. */
  readonly firstSeconds: number;
  /** A read comes after 15 s and at most this much more. Default: 0. */
  readonly jitterMs?: number;
  /** The controller's. */
  readonly user?: string;
}

export interface SimulatedRead {
  readonly atSeconds: number;
  /** How old the lines of the reading were, beyond the delay, when its read was answered. */
  readonly ageSeconds: number;
  readonly failure: ErrorCode | undefined;
}

const startMs = 1_800_000_000_000;
const syncMs = 15_000;
const freshnessMs = 10_000;
const delay = { initialSeconds: 10, leastSeconds: 2, mostSeconds: 60 };
/** Lines of each second and route. All of them come within 3.5 s. */
const linesPerSecond = 10;
const lateSeconds = 3.5;
const controller = 'horizontal-pod-autoscaler';

/**
 * The reading of an adapter with the default settings, over timers of a test clock: HPAs read one logstore, and SLS answers
 * as `sls` says. Every timer is called as soon as the work of the one before it is done.
 */
export class SimulatedAdapter implements AsyncDisposable {
  readonly sls: { latencyMs: number; failure: ErrorCode | undefined } = { latencyMs: 80, failure: undefined };
  /** When each query was sent, in seconds from the start. */
  readonly queries: number[] = [];
  readonly reads: SimulatedRead[] = [];
  mostInFlight = 0;
  readonly #random = seeded(1);
  readonly #ending = new AbortController();
  readonly #hpas = new Map<SimulatedHpa, NodeJS.Timeout>();
  readonly #reader: Reader;
  readonly #delays: Delays;
  readonly #running: Promise<void>;
  #clockAheadMs = 0;
  #inFlight = 0;

  constructor() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: startMs });
    const clock = { now: () => Date.now() + this.#clockAheadMs };
    const monotonicMs = () => Date.now() - startMs;
    const endpointOf = () => parseEndpointUrl('http://127.0.0.1:1');
    const store = new SampleStore(1000);
    const beats = new ReadBeats(1000);
    const windows = new AdaptiveWindows({ windowShrunk: () => undefined });
    this.#delays = new Delays({
      ...{ clock, monotonicMs, pause, endpointOf, store, maxLogstores: 10 },
      settingsOf: () => ({ delay }),
      query: async ({ window }) => {
        await this.#answer();
        const lines = (second: number) => (second + lateSeconds <= clock.now() / 1000 ? linesPerSecond : 0);
        const seconds = Array.from(
          { length: window.endSeconds - window.startSeconds },
          (_, index) => window.startSeconds + index,
        );
        return new Map(seconds.map((second) => [second, lines(second)]));
      },
      observer: {
        delayLearned: () => undefined,
        probeFailing: () => undefined,
        probeRecovered: () => undefined,
      },
    });
    const { sink } = this.#delays;
    const complete = new CompleteResults({ isTooEarly: this.#delays.isTooEarly, windows, sink, monotonicMs });
    const collector = new Collector(
      { gatherMs: 2, holdMs: 50, firstPauseMs: 100, longestPauseMs: 2000, random: this.#random, pause },
      {
        ...{ clock, monotonicMs, endpointOf, windows, sink, complete },
        delaySecondsOf: this.#delays.secondsOf,
        limitsOf: () => ({ maxNamedRoutes: 5, deadlineMs: 1e9 }),
        query: async ({ window }) => {
          await this.#answer();
          const requests = linesPerSecond * (window.endSeconds - window.startSeconds);
          return new Map([...this.#hpas.keys()].map(({ series }) => [series.route, { requests }]));
        },
        observer: { batchSent: () => undefined },
      },
    );
    const prefetcher = new Prefetcher({
      ...{ beats, collector, clock, monotonicMs, pause },
      budgetOf: () => 4,
      learnDelay: this.#delays.learn.bind(this.#delays),
      isServed: () => true,
      observer: { refreshFailing: () => undefined, refreshRecovered: () => undefined },
    });
    const settingsOf = () => ({ freshnessMs, maxStaleMs: 60_000, patienceMs: 2000 });
    this.#reader = new Reader({
      forecasts: { read: () => failed(noForecasts()) },
      store,
      collector,
      complete,
      beats,
      settingsOf,
      monotonicMs,
    });
    this.#running = prefetcher.run(this.#ending.signal);
  }

  get nowSeconds(): number {
    return (Date.now() - startMs) / 1000;
  }

  /** Adds HPAs whose reads are spread evenly. */
  addSpread(count: number, changes: Partial<SimulatedHpa> = {}): SimulatedHpa[] {
    return Array.from({ length: count }, (_, index) =>
      this.add({
        series: seriesWith({ route: `shop-web-${index}` }),
        namespace: `team-${index % 4}`,
        firstSeconds: (index * syncMs) / count / 1000,
        ...changes,
      }),
    );
  }

  add(hpa: SimulatedHpa): SimulatedHpa {
    this.#readAfter(hpa, hpa.firstSeconds * 1000);
    return hpa;
  }

  hpas(): SimulatedHpa[] {
    return [...this.#hpas.keys()];
  }

  remove(hpa: SimulatedHpa): void {
    clearTimeout(this.#hpas.get(hpa));
    this.#hpas.delete(hpa);
  }

  /** A new controller reads all HPAs at once, and goes on from there. */
  restartController(downSeconds: number): void {
    for (const hpa of this.hpas()) {
      this.remove(hpa);
      this.#readAfter(hpa, downSeconds * 1000 + this.#random() * 500);
    }
  }

  /** Sets the wall time, as an operator or NTP does. */
  setClockBy(seconds: number): void {
    this.#clockAheadMs += seconds * 1000;
  }

  async runFor(seconds: number): Promise<void> {
    const endMs = Date.now() + seconds * 1000;
    setTimeout(() => undefined, seconds * 1000);
    while (Date.now() < endMs) {
      vi.advanceTimersToNextTimer();
      await nextTurn();
    }
  }

  /** Returns the queries that were sent within a minute, at most. */
  mostQueriesPerMinute(fromSeconds: number): number {
    const sent = this.queries.filter((one) => one >= fromSeconds);
    return Math.max(0, ...sent.map((start) => sent.filter((one) => one >= start && one < start + 60).length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    for (const hpa of this.hpas()) this.remove(hpa);
    vi.runAllTimers();
    await this.#running;
    vi.useRealTimers();
  }

  #readAfter(hpa: SimulatedHpa, pauseMs: number): void {
    const read = () => {
      this.#readAfter(hpa, syncMs + this.#random() * (hpa.jitterMs ?? 0));
      void this.#read(hpa);
    };
    this.#hpas.set(hpa, setTimeout(read, pauseMs));
  }

  async #read({ series, namespace, user = controller }: SimulatedHpa): Promise<void> {
    const { project, metric } = series;
    const request = { project, metric, series: [series], maxRetries: 5 } as unknown as MetricRequest;
    const by = { namespace, user };
    const atSeconds = this.nowSeconds;
    try {
      const reading =
        this.#reader.fresh(request, by) ?? (await this.#reader.read(request, this.#ending.signal, by));
      const endSeconds = reading.items[0]?.sample.window.endSeconds ?? Number.NaN;
      const readSeconds = (Date.now() + this.#clockAheadMs) / 1000;
      const ageSeconds = readSeconds - endSeconds - this.#delays.secondsOf(series);
      this.reads.push({ atSeconds, ageSeconds, failure: undefined });
    } catch (thrown) {
      this.reads.push({ atSeconds, ageSeconds: Number.NaN, failure: toAdapterError(thrown).code });
    }
  }

  async #answer(): Promise<void> {
    this.queries.push(this.nowSeconds);
    this.#inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    await pause(this.sls.latencyMs, this.#ending.signal);
    this.#inFlight -= 1;
    if (this.sls.failure !== undefined) throw new AdapterError(this.sls.failure, 'as the test says');
  }
}

/** Ends early once the signal is aborted. */
const pause = (pauseMs: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(end, pauseMs);
    signal.addEventListener('abort', end, { once: true });
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
