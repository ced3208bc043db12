import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { errorRegistry, type ErrorCode } from '../errors.ts';
import { logKindKey } from '../metric/log-kind.ts';
import { filterKey, logstoreKey, type Series } from '../metric/series.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { aggregatesOf, aggregateSetOf, routesOf, type Batch } from './plan.ts';

/** For ten minutes, so that an index that was added since is found. Bounded because users name the logstores. */
const memory = { max: 10_000, ttl: 10 * 60_000, ttlResolution: 0 };

/**
 * Remembers which metrics a logstore refuses, so that a metric without an index neither fails the other metrics of its
 * query nor is asked together with them every time. docs/decisions/metrics-asked-apart.md
 */
export class RefusedMetrics {
  /**
   * The aggregates of metrics in a logstore that SLS refused while it answered others.
   *
   * @bound `memory.max` entries | a hash each | one that is forgotten costs a query | a constant
   */
  readonly #refused = new LRUCache<string, true>(memory);
  /**
   * Queries of which SLS refused each part. The cause is then common to all parts, such as a filter.
   *
   * @bound `memory.max` entries | a hash each | one that is forgotten costs a query | a constant
   */
  readonly #allRefused = new LRUCache<string, true>(memory);

  readonly isRefused = (series: Series, endpoint: Endpoint): boolean =>
    this.#refused.has(metricKey(series, endpoint));

  /** Returns the parts of a refused batch to ask for one by one; empty if that would not tell more. */
  partsOf(batch: Batch, code: ErrorCode): Batch[] {
    if (!errorRegistry[code].splittable) return [];
    const parts = splitBatch(batch);
    return parts.length > 1 && !this.#allRefused.has(partsKey(batch, parts)) ? parts : [];
  }

  /** @param results of the parts; no `code` if SLS answered */
  learn(
    batch: Batch,
    results: readonly { readonly batch: Batch; readonly code?: ErrorCode | undefined }[],
  ): void {
    const refused = results.filter(({ code }) => code !== undefined && errorRegistry[code].splittable);
    if (refused.length === results.length) {
      const parts = results.map((result) => result.batch);
      this.#allRefused.set(partsKey(batch, parts), true);
    }
    if (!results.some(({ code }) => code === undefined)) return;
    for (const { batch: part } of refused) {
      const [first] = part.series;
      if (first !== undefined) this.#refused.set(metricKey(first, part.query.endpoint), true);
    }
  }
}

function splitBatch({ query, series }: Batch): Batch[] {
  return [...Map.groupBy(series, aggregateSetOf).values()].map((members) => ({
    query: {
      ...query,
      routes: query.routes && routesOf(members),
      aggregates: aggregatesOf(members),
    },
    series: members,
  }));
}

const metricKey = (series: Series, endpoint: Endpoint): string =>
  hashOf([logstoreKey({ ...series, endpoint }), logKindKey(series.metric.logKind), aggregateSetOf(series)]);

function partsKey({ query }: Batch, parts: readonly Batch[]): string {
  const { logKind, filters, routes } = query;
  const scope = routes === undefined ? 'logstore' : 'routes';
  const asked = parts.flatMap(({ series: [first] }) => (first === undefined ? [] : aggregateSetOf(first)));
  return hashOf([logstoreKey(query), logKindKey(logKind), filterKey(filters), scope, asked.sort()]);
}

/** Labels may be as long as a URL. */
const hashOf = (parts: readonly unknown[]): string => hash('sha256', JSON.stringify(parts), 'base64');
