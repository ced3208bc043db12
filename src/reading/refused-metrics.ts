import { LRUCache } from 'lru-cache';
import { errorRegistry, type ErrorCode } from '../errors.ts';
import { filterKey } from '../metric/labels.ts';
import type { Series } from '../metric/series.ts';
import { logstoreKey, type Endpoint } from '../sls/endpoint.ts';
import { aggregateSetOf, splitBatch, type Batch } from './plan.ts';

/** A refusal is remembered this long, so that an index that was added since is found. */
const rememberedMs = 10 * 60_000;

/** Bounded because users name the logstores. */
const maxRemembered = 10_000;

/** The result of one part of a split batch. */
export interface PartResult {
  readonly batch: Batch;
  /** Undefined if SLS answered. */
  readonly code: ErrorCode | undefined;
}

/**
 * Remembers which metrics a logstore refuses, so that a metric without an index neither fails the other metrics of its
 * query nor is asked together with them every time. docs/decisions/metrics-asked-apart.md
 */
export class RefusedMetrics {
  readonly #clock: { now(): number };
  /** The aggregates of a metric in a logstore → when (Unix ms) SLS refused them while it answered others. */
  readonly #refusedSinceMs = new LRUCache<string, number>({ max: maxRemembered });
  /** A query → when (Unix ms) SLS refused each part of it. The cause is then common to all parts, such as a filter. */
  readonly #allRefusedSinceMs = new LRUCache<string, number>({ max: maxRemembered });

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  readonly isRefused = (series: Series, endpoint: Endpoint): boolean =>
    this.#isRecent(this.#refusedSinceMs.get(metricKey(series, endpoint)));

  /** Returns the parts of a refused batch to ask for one by one; empty if that would not tell more. */
  partsOf(batch: Batch, code: ErrorCode): Batch[] {
    if (!errorRegistry[code].splittable) return [];
    const parts = splitBatch(batch);
    const wereAllRefused = this.#isRecent(this.#allRefusedSinceMs.get(partsKey(batch, parts)));
    return parts.length > 1 && !wereAllRefused ? parts : [];
  }

  learn(batch: Batch, results: readonly PartResult[]): void {
    const refused = results.filter(({ code }) => code !== undefined && errorRegistry[code].splittable);
    if (refused.length === results.length) {
      const parts = results.map((result) => result.batch);
      this.#allRefusedSinceMs.set(partsKey(batch, parts), this.#clock.now());
    }
    if (!results.some(({ code }) => code === undefined)) return;
    for (const { batch: part } of refused) {
      const [first] = part.series;
      if (first !== undefined)
        this.#refusedSinceMs.set(metricKey(first, part.query.endpoint), this.#clock.now());
    }
  }

  /** A time in the future is from before the clock was set back, and does not count. */
  #isRecent(sinceMs = -Infinity): boolean {
    const ageMs = this.#clock.now() - sinceMs;
    return ageMs >= 0 && ageMs < rememberedMs;
  }
}

function metricKey(series: Series, endpoint: Endpoint): string {
  const { project, logstore, metric } = series;
  return JSON.stringify([
    logstoreKey({ endpoint, project, logstore }),
    metric.logKind,
    aggregateSetOf(series),
  ]);
}

function partsKey({ query }: Batch, parts: readonly Batch[]): string {
  const { logKind, filters, routes } = query;
  const scope = routes === undefined ? 'logstore' : 'routes';
  const asked = parts.flatMap(({ series: [first] }) => (first === undefined ? [] : aggregateSetOf(first)));
  return JSON.stringify([logstoreKey(query), logKind, filterKey(filters), scope, asked.sort()]);
}
