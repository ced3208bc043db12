import type { Outcome } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { namerOf } from '../runtime/shares.ts';
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
   * Those that wait.
   *
   * @bound {maxNamespaces} of a series | - | as many for other clients | a constant
   */
  readonly namespaces: Set<string>;
  /**
   * IDs of the waiting reads, for the log.
   *
   * @bound {maxReadIds} of a series | - | - | a constant
   */
  readonly readIds: string[];
}

/** For whom series are collected. */
export interface Requester {
  /** Its queries take turns with those of others. Default: the adapter itself. */
  readonly namespace?: string | undefined;
  /** Of a read, for the log. */
  readonly requestId?: string | undefined;
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
   * Those that wait for it. Grows when others join.
   *
   * @bound {maxNamespaces} of a query | - | as many for other clients | a constant
   */
  readonly namespaces: Set<string>;
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
  namespaces: new Set(),
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
  const query: InFlightQuery = {
    ...{ batch, members, ...times, controller: new AbortController(), waiters },
    namespaces: new Set(),
    readIds: [],
  };
  for (const member of members) {
    member.query = query;
    for (const namespace of member.namespaces) addNamespace(query, namespace);
    for (const readId of member.readIds) addReadId(query.readIds, readId);
  }
  if (waiters === 0) query.controller.abort();
  return query;
}

export function addWaiter(
  pending: PendingSeries,
  maxRetries: number,
  { namespace = '', requestId }: Requester,
): void {
  const { query } = pending;
  pending.waiters += 1;
  pending.maxRetries = Math.max(pending.maxRetries, maxRetries);
  if (query !== undefined) query.waiters += 1;
  for (const one of query === undefined ? [pending] : [pending, query]) {
    if (namespace !== '') addNamespace(one, namespace);
    if (requestId !== undefined) addReadId(one.readIds, requestId);
  }
}

/**
 * The first ones are enough for its turn, unless one client of KEDA's port names them all. So there is room for as many
 * that others name.
 */
const maxNamespaces = 20;

function addNamespace({ namespaces }: Pick<InFlightQuery, 'namespaces'>, namespace: string): void {
  const isOfOther = () => [...namespaces].every((one) => namerOf(one) !== namerOf(namespace));
  if (namespaces.size < maxNamespaces || (namespaces.size < 2 * maxNamespaces && isOfOther()))
    namespaces.add(namespace);
}

/** One query may serve a thousand reads. */
const maxReadIds = 20;

function addReadId(readIds: string[], readId: string): void {
  if (readIds.length < maxReadIds && !readIds.includes(readId)) readIds.push(readId);
}
