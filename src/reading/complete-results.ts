import { LRUCache } from 'lru-cache';
import type { Outcome } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import type { AggregateQuery, AggregatesByRoute } from '../sls/aggregate-source.ts';
import type { AdaptiveWindows } from './adaptive/adaptive-windows.ts';
import type { Batch } from './plan.ts';
import { isYounger, type BatchRun, type OutcomeSink } from './sample-store.ts';

interface CompleteResult {
  readonly byRoute: AggregatesByRoute;
  readonly query: AggregateQuery;
  readonly run: BatchRun;
}

export interface CompleteResultsContext {
  /** Whether the window ended so early that lines came after it was counted. */
  readonly isTooEarly: (series: Series, run: BatchRun) => boolean;
  /** Turns results into outcomes. */
  readonly windows: Pick<AdaptiveWindows, 'outcomeOf'>;
  readonly sink: OutcomeSink;
  readonly monotonicMs: () => number;
}

/** A row has about 200 bytes. If there are more, the results that were used least recently are dropped. */
const mostRows = 50_000;

/**
 * The last results that count every route of a logstore. Each answers for every route, read before or not: a route
 * without a row has no line.
 */
export class CompleteResults {
  readonly #context: CompleteResultsContext;
  /**
   * By `groupKey` of the series.
   *
   * @bound {mostRows} rows | about 200 bytes a row | one that is dropped costs a query, and no reading of a route that is read | a constant
   */
  readonly #results = new LRUCache<string, CompleteResult>({
    maxSize: mostRows,
    sizeCalculation: ({ byRoute }) => byRoute.size + 1,
  });

  constructor(context: CompleteResultsContext) {
    this.#context = context;
  }

  keep({ query, series }: Batch, byRoute: AggregatesByRoute, run: BatchRun): void {
    if (!query.everyRoute) return;
    for (const groupKey of new Set(series.map((one) => one.groupKey)))
      this.#results.set(groupKey, { byRoute, query, run });
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
    const outcome = windows.outcomeOf(series, query, byRoute);
    if (outcome.kind !== 'sample') return undefined;
    sink.put(series, outcome.sample, run);
    return outcome;
  }
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
