import { LRUCache } from 'lru-cache';
import type { AdapterError } from '../errors.ts';
import type { Outcome, Sample } from '../metric/sample.ts';
import { bytesOf, type Series } from '../metric/series.ts';
import type { AggregateQuery, AggregatesByRoute } from '../sls/aggregate-source.ts';
import type { LogstoreName } from './pace/read-beats.ts';
import { outcomeOf, type AdaptiveOutcomes, type Batch } from './plan.ts';

/** One planned query. All samples of its batch share it. */
export interface BatchRun {
  /** The age of its samples is counted from here. Monotonic ms. */
  readonly plannedAtMs: number;
  /** How long before `plannedAtMs` its window ends. */
  readonly delaySeconds: number;
}

/** Receives the outcome of every series of a batch, before the reads that wait for it. */
export interface OutcomeSink {
  put(series: Series, sample: Sample, run: BatchRun): void;
  fail(series: Series, error: AdapterError, plannedAtMs: number): void;
}

export interface StoredSeries {
  readonly series: Series;
  readonly last: { readonly sample: Sample; readonly run: BatchRun } | undefined;
  /** The failure of the last query; undefined if that query gave a sample. */
  readonly failure: { readonly error: AdapterError; readonly plannedAtMs: number } | undefined;
}

export function youngSample(
  stored: StoredSeries | undefined,
  limitMs: number,
  nowMs: number,
): Sample | undefined {
  if (stored?.last === undefined) return undefined;
  return isYounger(stored.last.run.plannedAtMs, limitMs, nowMs) ? stored.last.sample : undefined;
}

/** Both times by the monotonic clock. */
export const isYounger = (plannedAtMs: number, limitMs: number, nowMs: number): boolean =>
  nowMs - plannedAtMs < limitMs;

/** On average. A usual entry has 1 KB. */
const entryBytes = 1536;
const leastBytes = 1024 * 1024;
/** Of an error with its causes, besides its message: the stacks of three. */
const errorBytes = 4096;

/** Keeps the last outcomes of each series. Drops the least recently used series when it is full. It never fetches. */
export class SampleStore implements OutcomeSink {
  /** @bound `reading.maxSeries` series | 1.5 KiB each on average | those that are read stay: what a namespace reads is bounded | `reading.maxSeries` */
  readonly #entries: LRUCache<string, StoredSeries>;

  constructor(maxEntries: number) {
    this.#entries = new LRUCache({
      max: maxEntries,
      maxSize: Math.max(leastBytes, maxEntries * entryBytes),
      sizeCalculation: ({ series, failure }) =>
        bytesOf(series) + (failure === undefined ? 0 : errorBytes + failure.error.message.length),
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  get(series: Series): StoredSeries | undefined {
    return this.#entries.get(series.key);
  }

  /** Returns all entries as they are now, the least recently used first, without marking them as used. */
  all(): StoredSeries[] {
    return [...this.#entries.values()].reverse();
  }

  put(series: Series, sample: Sample, run: BatchRun): void {
    this.#entries.set(series.key, { series, last: { sample, run }, failure: undefined });
  }

  /** Ignores `Canceled`, which says nothing about the series. */
  fail(series: Series, error: AdapterError, plannedAtMs: number): void {
    if (error.code === 'Canceled') return;
    const last = this.#entries.peek(series.key)?.last;
    this.#entries.set(series.key, { series, last, failure: { error, plannedAtMs } });
  }

  forget(matches: (series: Series, run: BatchRun, sample: Sample) => boolean): void {
    for (const { series, last } of this.all()) {
      if (last !== undefined && matches(series, last.run, last.sample)) this.#entries.delete(series.key);
    }
  }
}

interface CompleteResult {
  readonly byRoute: AggregatesByRoute;
  readonly query: AggregateQuery;
  readonly run: BatchRun;
}

interface CompleteResultsContext {
  /** Whether the window ended so early that lines came after it was counted. */
  readonly isTooEarly: (series: Series, run: BatchRun) => boolean;
  readonly windows: AdaptiveOutcomes;
  readonly sink: OutcomeSink;
  readonly monotonicMs: () => number;
}

/** If there are more, the results that were used least recently are dropped. */
const mostBytes = 10 * 1024 * 1024;
/** Of a row, besides its route. */
const rowBytes = 170;

/**
 * The last results that count every route of a logstore. Each answers for every route, read before or not: a route
 * without a row has no line.
 */
export class CompleteResults {
  readonly #context: CompleteResultsContext;
  /**
   * By `groupKey` of the series.
   *
   * @bound about 50,000 rows | {mostBytes} | one that is dropped costs a query, and no reading of a route that is read | a constant
   */
  readonly #results = new LRUCache<string, CompleteResult>({ maxSize: mostBytes });

  constructor(context: CompleteResultsContext) {
    this.#context = context;
  }

  keep({ query, series }: Batch, byRoute: AggregatesByRoute, run: BatchRun): void {
    if (!query.everyRoute) return;
    let bytes = 0;
    for (const route of byRoute.keys()) bytes += rowBytes + (route?.length ?? 0);
    for (const groupKey of new Set(series.map((one) => one.groupKey)))
      this.#results.set(groupKey, { byRoute, query, run }, { size: bytes + groupKey.length });
  }

  forget(matches: (query: AggregateQuery) => boolean): void {
    for (const [key, { query }] of this.#results) if (matches(query)) this.#results.delete(key);
  }

  /**
   * Returns the outcome of the series, which it also gives to the sink; undefined if no result is young enough, or if the
   * series has no number in it.
   */
  answer(series: Series, limitMs: number): Outcome | undefined {
    const { isTooEarly, windows, sink, monotonicMs } = this.#context;
    const result = this.#results.get(series.groupKey);
    if (result === undefined) return undefined;
    const { byRoute, query, run } = result;
    if (!isYounger(run.plannedAtMs, limitMs, monotonicMs()) || isTooEarly(series, run)) return undefined;
    const outcome = outcomeOf(series, query, byRoute, windows);
    if (outcome.kind !== 'sample') return undefined;
    sink.put(series, outcome.sample, run);
    return outcome;
  }
}

/** Forgets the numbers of a logstore whose queries were planned after a Unix second. */
export function forgetPlanned(
  { project, logstore }: LogstoreName,
  seconds: number,
  store: SampleStore,
  complete: CompleteResults,
): void {
  const isOfLogstore = (one: LogstoreName) => one.project === project && one.logstore === logstore;
  store.forget(
    (series, { delaySeconds }, { window }) =>
      isOfLogstore(series) && window.endSeconds + delaySeconds > seconds,
  );
  complete.forget((query) => isOfLogstore(query) && query.plannedAtSeconds > seconds);
}

/** An HPA reads every 15 s. */
const recentMs = 15_000;
/** With the routes below, about 10 MB. A group that is forgotten only has its routes named again. */
const maxGroups = 100;
/** The most that `reading.maxNamedRoutes` can be. */
const enough = 1000;

/** Counts the routes of a logstore that are asked for one after another, in queries of a few routes each. */
export class RecentRoutes {
  /**
   * By `groupKey`: the routes, and when each was asked for last.
   *
   * @bound {maxGroups} windows of a logstore, of {enough} routes each | 10 MB | one that is forgotten only has its routes named again | constants
   */
  readonly #groups = new LRUCache<string, Map<string, number>>({ max: maxGroups });

  /** Returns how many routes the last 15 s asked for, with these. */
  add(groupKey: string, routes: readonly string[], nowMs: number): number {
    const recent = this.#groups.get(groupKey) ?? new Map<string, number>();
    this.#groups.set(groupKey, recent);
    for (const [route, askedMs] of recent) if (nowMs - askedMs > recentMs) recent.delete(route);
    for (const route of routes) if (recent.has(route) || recent.size <= enough) recent.set(route, nowMs);
    return Math.max(recent.size, routes.length);
  }
}
