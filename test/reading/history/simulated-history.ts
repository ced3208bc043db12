import { AdapterError } from '../../../src/errors.ts';
import { newSeries, type Series } from '../../../src/metric/series.ts';
import { Forecasts, type ForecastsContext } from '../../../src/reading/history/forecasts.ts';
import { parseEndpointUrl } from '../../../src/sls/endpoint.ts';
import type { CountsByMinute, MinuteQuery } from '../../../src/sls/minute-counts.ts';
import { findMetric } from '../../support/catalog.ts';
import { TestClock } from '../../support/test-clock.ts';

export const forecastOf = (
  route: string | undefined,
  {
    aheadSeconds = 180,
    quantile = 0.9,
    metric = 'sls_ingress_qps_forecast',
    logstore = 'nginx-ingress',
  } = {},
): Series =>
  newSeries({
    ...{ metric: findMetric(metric), project: 'k8s-log-c1', logstore, route, filters: {} },
    ...{ intervalSeconds: 60, delaySeconds: undefined, internalEndpoint: undefined },
    forecast: { aheadSeconds, quantile },
  });

/** Forecasts of a made-up log, on a clock that the test moves. */
export class SimulatedHistory {
  readonly clock = new TestClock();
  readonly queries: MinuteQuery[] = [];
  readonly forecasts: Forecasts;
  /** The series whose failures were kept. */
  readonly failed = new Set<Series>();
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  /** Requests of a route in a minute; undefined: the whole logstore is silent. */
  requests: (minute: number, route: string | undefined) => number | undefined = () => 60;
  /** Thrown by the next queries. */
  failure: (query: MinuteQuery) => AdapterError | undefined = () => undefined;
  #resume: (() => void) | undefined;

  constructor(context: Partial<ForecastsContext> = {}) {
    this.forecasts = new Forecasts({
      ...{ clock: this.clock, monotonicMs: this.clock.monotonicMs, maxForecasts: 100 },
      count: (query) => this.#count(query),
      endpointOf: () => parseEndpointUrl('http://127.0.0.1:1'),
      delaySecondsOf: () => 4,
      holdSecondsOf: () => 600,
      learnDelay: () => Promise.resolve(),
      sink: { put: () => undefined, fail: (series) => void this.failed.add(series) },
      pause: () => new Promise((resolve) => (this.#resume = resolve)),
      observer: { historyCounted: () => undefined, historyFailing: () => undefined },
      ...context,
    });
    this.#running = this.forecasts.run(this.#stopped.signal);
  }

  get minute(): number {
    return Math.floor(this.clock.nowSeconds / 60);
  }

  /** Lets time pass in steps of some seconds, and what is due happen. */
  async pass(seconds: number, step = 5): Promise<void> {
    for (let passed = 0; passed < seconds; passed += step) {
      this.clock.advance(step * 1000);
      await this.settle();
    }
  }

  async settle(): Promise<void> {
    this.#resume?.();
    for (let turn = 0; turn < 30; turn++) await new Promise(setImmediate);
  }

  /** Returns what a read gives: the value, or the error. */
  read(series: Series, namespace = 'default'): number | AdapterError {
    try {
      const outcome = this.forecasts.read(series, namespace);
      return outcome.kind === 'sample' ? outcome.sample.value : outcome.error;
    } catch (error) {
      if (error instanceof AdapterError) return error;
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#resume?.();
    await this.#running;
  }

  #count(query: MinuteQuery): Promise<CountsByMinute> {
    this.queries.push(query);
    const failure = this.failure(query);
    if (failure !== undefined) return Promise.reject(failure);
    const { startSeconds, endSeconds } = query.window;
    const first = startSeconds / 60;
    const length = endSeconds / 60 - first;
    const ofRoute = (route: string | undefined) =>
      Float64Array.from({ length }, (_, index) => this.requests(first + index, route) ?? 0);
    return Promise.resolve({
      lines: Float64Array.from({ length }, (_, index) =>
        this.requests(first + index, undefined) === undefined ? 0 : 9,
      ),
      byRoute: new Map((query.routes ?? [undefined]).map((route) => [route, ofRoute(route)])),
    });
  }
}
