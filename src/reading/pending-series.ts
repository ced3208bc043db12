import type { Outcome } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import type { Batch } from './plan.ts';

/** A series that is queued or in flight. All calls that ask for it meanwhile wait for the same outcome. */
export interface PendingSeries {
  readonly series: Series;
  readonly outcome: PromiseWithResolvers<Outcome>;
  settled: boolean;
  /** Undefined while the series is queued. */
  query: InFlightQuery | undefined;
  waiters: number;
  /** The most that any of its waiters allows. */
  maxRetries: number;
  /**
   * IDs of the waiting reads, for the log.
   *
   * @bound {maxReadIds} of a series | - | - | a constant
   */
  readonly readIds: string[];
}

/** One query to SLS, with all its retries. */
export interface InFlightQuery {
  readonly batch: Batch;
  readonly members: readonly PendingSeries[];
  readonly plannedAtMs: number;
  /** From the start of the query, all attempts and pauses together. */
  readonly deadlineMs: number;
  readonly controller: AbortController;
  /** The sum over its members. The query is canceled when it reaches 0. */
  waiters: number;
  /**
   * IDs of the waiting reads. Grows when reads join.
   *
   * @bound {maxReadIds} of a query | - | - | a constant
   */
  readonly readIds: string[];
}

export const newPendingSeries = (series: Series): PendingSeries => ({
  series,
  outcome: Promise.withResolvers(),
  settled: false,
  query: undefined,
  waiters: 0,
  maxRetries: 0,
  readIds: [],
});

/** Makes the pending series of a batch members of one query. If none has a waiter left, the query starts canceled. */
export function newQuery(
  batch: Batch,
  pending: ReadonlyMap<Series, PendingSeries>,
  times: Pick<InFlightQuery, 'plannedAtMs' | 'deadlineMs'>,
): InFlightQuery {
  const members = batch.series.flatMap((series) => pending.get(series) ?? []);
  const waiters = members.reduce((sum, member) => sum + member.waiters, 0);
  const query = { batch, members, ...times, controller: new AbortController(), waiters, readIds: [] };
  for (const member of members) {
    member.query = query;
    for (const readId of member.readIds) addReadId(query.readIds, readId);
  }
  if (waiters === 0) query.controller.abort();
  return query;
}

export function addWaiter(pending: PendingSeries, maxRetries: number, readId: string | undefined): void {
  const { query } = pending;
  pending.waiters += 1;
  pending.maxRetries = Math.max(pending.maxRetries, maxRetries);
  if (query !== undefined) query.waiters += 1;
  if (readId === undefined) return;
  addReadId(pending.readIds, readId);
  if (query !== undefined) addReadId(query.readIds, readId);
}

/** One query may serve a thousand reads. */
const maxReadIds = 20;

function addReadId(readIds: string[], readId: string): void {
  if (readIds.length < maxReadIds && !readIds.includes(readId)) readIds.push(readId);
}
