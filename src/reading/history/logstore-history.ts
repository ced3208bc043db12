import type { AdapterError } from '../../errors.ts';
import { historyDays, MinuteCounts } from '../../forecast/minute-counts.ts';
import { newSeries, type Series } from '../../metric/series.ts';
import type { CountsByMinute, MinuteQuery } from '../../sls/minute-counts.ts';
import type { Endpoint } from '../../sls/endpoint.ts';
import { CountedRoutes, type MinuteSpan, type Route } from './counted-routes.ts';

export interface LogstoreHistoryContext {
  readonly count: (query: MinuteQuery, signal: AbortSignal) => Promise<CountsByMinute>;
  readonly endpointOf: (series: Series) => Endpoint;
  readonly clock: { now(): number };
  readonly monotonicMs: () => number;
  /** Lines of a second have come by so many seconds after it. */
  readonly delaySecondsOf: (series: Series) => number;
  /** How long a silence of the logstore lasts until 0 is believed. */
  readonly holdSecondsOf: (project: string) => number;
  /** Called when the counts of these routes have new minutes, or their last days for the first time. */
  readonly onCounted: (history: LogstoreHistory, routes: readonly Route[], isFirst: boolean) => Promise<void>;
}

/** Routes whose first reads come within this time are counted together. */
const gatherMs = 2000;
/** After the delay of a logstore, before its last minute is counted. */
const spareSeconds = 2;
/** Most routes that one query names. */
const mostNamed = 1000;

/** Equal for series that one query by the minute can answer. */
export const historyKey = (series: Series): string => newSeries({ ...series, forecast: undefined }).groupKey;

/**
 * The counts by the minute of one logstore, for the forecasts of one metric and with the same filters. It counts the last
 * days span by span, and then every minute in one query for all routes.
 */
export class LogstoreHistory {
  /** One of those that it is for: they differ in nothing but the route and the terms of the forecast. */
  readonly series: Series;
  readonly #context: LogstoreHistoryContext;
  readonly #stopped = new AbortController();
  /** Routes that are counted up to now. */
  #live: CountedRoutes | undefined;
  /** Routes whose last days are being counted. */
  #loading: CountedRoutes | undefined;
  /** @bound as the routes of a history | - | - | `reading.maxForecasts` */
  readonly #gathered = new Map<Route, MinuteCounts>();
  #gatheredAtMs = 0;
  #busy: Promise<void> | undefined;

  constructor(series: Series, context: LogstoreHistoryContext) {
    this.series = series;
    this.#context = context;
  }

  /** Of the last attempt, if it failed. */
  get error(): AdapterError | undefined {
    return this.#loading?.error ?? this.#live?.error;
  }

  /** Whether the route is counted up to now. */
  isLive(route: Route): boolean {
    return this.#live?.routes.has(route) === true;
  }

  /** Returns the counts of a route, which are empty until they are loaded. */
  countsOf(route: Route): MinuteCounts {
    const known = [this.#live?.routes, this.#loading?.routes, this.#gathered]
      .map((routes) => routes?.get(route))
      .find((counts) => counts !== undefined);
    if (known !== undefined) return known;
    const counts = new MinuteCounts();
    if (this.#gathered.size === 0) this.#gatheredAtMs = this.#context.monotonicMs();
    this.#gathered.set(route, counts);
    return counts;
  }

  keepOnly(read: ReadonlySet<Route>): void {
    for (const routes of [this.#live?.routes, this.#loading?.routes, this.#gathered])
      for (const route of routes?.keys() ?? []) if (!read.has(route)) routes?.delete(route);
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Resolves when no query is in flight. Never rejects. */
  get idle(): Promise<void> {
    return this.#busy ?? Promise.resolve();
  }

  /** Counts what is due, one span after another. Does nothing while that goes on. */
  step(namespaces: ReadonlySet<string>): void {
    this.#busy ??= this.#countDue(namespaces).finally(() => (this.#busy = undefined));
  }

  async #countDue(namespaces: ReadonlySet<string>): Promise<void> {
    const { clock, monotonicMs, delaySecondsOf } = this.#context;
    while (!this.#stopped.signal.aborted) {
      const nowMs = monotonicMs();
      const arrivedSeconds = clock.now() / 1000 - delaySecondsOf(this.series) - spareSeconds;
      const complete = Math.floor(arrivedSeconds / 60);
      this.#begin(complete, nowMs);
      const due = [this.#live, this.#loading].find(
        (counted) =>
          counted !== undefined && nowMs >= counted.notBeforeMs && counted.next(complete) !== undefined,
      );
      const span = due?.next(complete);
      if (due === undefined || span === undefined) return;
      await this.#count(due, span, complete, namespaces);
    }
  }

  /** Begins to load routes, or to load all again. */
  #begin(complete: number, nowMs: number): void {
    const { holdSecondsOf } = this.#context;
    if (this.#live?.routes.size === 0) this.#live = undefined;
    if (this.#loading?.routes.size === 0) this.#loading = undefined;
    // The clock was set back: what was counted may be of another time.
    if (this.#live !== undefined && this.#live.until > complete + 5) {
      for (const [route, counts] of this.#live.routes) this.#gathered.set(route, counts);
      this.#live = undefined;
    }
    const isGathered = this.#gathered.size > 0 && nowMs - this.#gatheredAtMs >= gatherMs;
    if (this.#loading !== undefined || !isGathered) return;
    const loading = new CountedRoutes(complete - historyDays * 1440, holdSecondsOf(this.series.project));
    for (const [route, counts] of this.#gathered) loading.routes.set(route, counts);
    this.#gathered.clear();
    this.#loading = loading;
  }

  async #count(
    counted: CountedRoutes,
    span: MinuteSpan,
    complete: number,
    namespaces: ReadonlySet<string>,
  ): Promise<void> {
    const { clock, monotonicMs, endpointOf, onCounted } = this.#context;
    const { metric, project, logstore, filters } = this.series;
    const routes = [...counted.routes.keys()].filter((route) => route !== undefined).sort();
    const query = {
      ...{ endpoint: endpointOf(this.series), metric, project, logstore, filters, namespaces },
      window: { startSeconds: span.from * 60, endSeconds: span.until * 60 },
      plannedAtSeconds: Math.floor(clock.now() / 1000),
    };
    try {
      const named = routes.length === 0 ? [undefined] : chunks(routes, mostNamed);
      const results: CountsByMinute[] = [];
      for (const some of named)
        results.push(await this.#context.count({ ...query, routes: some }, this.#stopped.signal));
      const [first] = results;
      if (first === undefined) return;
      counted.add(span, {
        lines: first.lines,
        byRoute: new Map(results.flatMap(({ byRoute }) => [...byRoute])),
      });
    } catch (thrown) {
      if (this.#stopped.signal.aborted || !counted.failed(span, thrown, monotonicMs(), complete)) return;
    }
    if (counted.until < complete) return;
    const isFirst = counted === this.#loading;
    if (!isFirst || this.#join(counted)) await onCounted(this, [...counted.routes.keys()], isFirst);
  }

  /** Once the last days of new routes are counted, they are counted with the others. Returns whether they are. */
  #join(loaded: CountedRoutes): boolean {
    if (this.#live === undefined) this.#live = loaded;
    else if (this.#live.until === loaded.until)
      for (const [route, counts] of loaded.routes) this.#live.routes.set(route, counts);
    else return false;
    this.#loading = undefined;
    return true;
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
