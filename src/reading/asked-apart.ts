import { LRUCache } from 'lru-cache';
import { errorRegistry, type ErrorCode } from '../errors.ts';
import { filterKey } from '../metric/line-filters.ts';
import type { Series } from '../metric/series.ts';
import type { AggregateQuery } from '../sls/aggregate-source.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { aggregateSetOf, splitBatch, type Batch } from './plan.ts';

/** For how long a refusal is remembered: an index that was added counts again by then. */
const rememberedMs = 10 * 60_000;

/** Metrics are few, but logstores are named by whoever asks. */
const maxRemembered = 10_000;

/** What became of one part of a split batch; undefined: it was answered. */
export interface PartEnd {
  readonly batch: Batch;
  readonly code: ErrorCode | undefined;
}

/**
 * Which metrics a logstore refuses, so that one without its index takes no others of its query with it, and is not
 * asked together with them every time.
 */
export class AskedApart {
  readonly #clock: { now(): number };
  /** A metric's aggregates in a logstore → when (Unix ms) SLS refused them and nothing else. */
  readonly #refusedSinceMs = new LRUCache<string, number>({ max: maxRemembered });
  /** A query → when (Unix ms) each part of it was refused: that lies in what they share, as a filter. */
  readonly #hopelessSinceMs = new LRUCache<string, number>({ max: maxRemembered });

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  readonly isApart = (series: Series, endpoint: Endpoint): boolean =>
    this.#isRecent(this.#refusedSinceMs.get(metricKey(series, endpoint)));

  /** The parts to ask for one by one where the whole was refused; none where that would tell nothing. */
  partsOf(batch: Batch, code: ErrorCode): Batch[] {
    if (!errorRegistry[code].splittable) return [];
    const parts = splitBatch(batch);
    const isHopeless = this.#isRecent(this.#hopelessSinceMs.get(partsKey(batch, parts)));
    return parts.length > 1 && !isHopeless ? parts : [];
  }

  learn(batch: Batch, ends: readonly PartEnd[]): void {
    const refused = ends.filter(({ code }) => code !== undefined && errorRegistry[code].splittable);
    if (refused.length === ends.length) {
      const key = partsKey(
        batch,
        ends.map((end) => end.batch),
      );
      this.#hopelessSinceMs.set(key, this.#clock.now());
    }
    if (!ends.some(({ code }) => code === undefined)) return;
    for (const { batch: part } of refused) {
      const [first] = part.series;
      if (first !== undefined)
        this.#refusedSinceMs.set(metricKey(first, part.query.endpoint), this.#clock.now());
    }
  }

  /** A clock that was set back asks again, rather than stay wrong for as long as the step. */
  #isRecent(sinceMs = -Infinity): boolean {
    const ageMs = this.#clock.now() - sinceMs;
    return ageMs >= 0 && ageMs < rememberedMs;
  }
}

function metricKey(series: Series, { protocol, authority }: Endpoint): string {
  const { project, logstore, metric } = series;
  return JSON.stringify([protocol, authority, project, logstore, metric.logKind, aggregateSetOf(series)]);
}

function partsKey({ query }: Batch, parts: readonly Batch[]): string {
  const { endpoint, project, logstore, logKind, filters, routes }: AggregateQuery = query;
  const asked = parts.flatMap(({ series: [first] }) => (first === undefined ? [] : aggregateSetOf(first)));
  return JSON.stringify([
    endpoint.protocol,
    endpoint.authority,
    project,
    logstore,
    logKind,
    filterKey(filters),
    routes === undefined,
    asked.sort(),
  ]);
}
