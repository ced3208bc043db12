import { toAdapterError, type AdapterError, type ErrorCode } from '../errors.ts';
import type { Outcome } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { Turns } from '../runtime/turns.ts';
import type { AggregateQuery, AggregatesByRoute } from '../sls/aggregate-source.ts';
import { untilCanceled } from '../sls/transport.ts';
import {
  addWaiter,
  newPendingSeries,
  newQuery,
  type Requester,
  type InFlightQuery,
  type PendingSeries,
} from './pending-series.ts';
import { outcomeOf, planBatches, type AdaptiveOutcomes, type PlanContext } from './plan.ts';
import { RefusedMetrics } from './refused-metrics.ts';
import { withRetry, type RetrySettings } from './retry.ts';
import { RecentRoutes, type BatchRun, type CompleteResults, type OutcomeSink } from './sample-store.ts';
import type { LogstoreName } from './pace/read-beats.ts';

export interface CollectorSettings extends Omit<RetrySettings, 'deadlineMs'> {
  /** How long series of one logstore are queued before they are planned together. */
  readonly gatherMs: number;
  /** The same while a query of the logstore is in flight. The queue is sent earlier if that query ends. */
  readonly holdMs: number;
}

/** The settings of one logstore. */
export interface CollectorLimits extends Pick<PlanContext, 'maxNamedRoutes'> {
  /** Of one query, all attempts and pauses together. */
  readonly deadlineMs: number;
}

export interface CollectObserver {
  /** Called for every planned query, but not for its retries. */
  batchSent(event: {
    readonly project: string;
    readonly logstore: string;
    /** How many series the query answers. */
    readonly series: number;
    /** `due`: it is sent before reads that are due. `read`: a read waits for it. */
    readonly reason: 'due' | 'read';
  }): void;
}

export interface CollectorContext extends Pick<PlanContext, 'endpointOf' | 'delaySecondsOf' | 'isAdaptive'> {
  readonly clock: { now(): number };
  readonly monotonicMs: () => number;
  readonly limitsOf: (logstore: LogstoreName) => CollectorLimits;
  readonly query: (query: AggregateQuery, signal: AbortSignal) => Promise<AggregatesByRoute>;
  readonly windows: AdaptiveOutcomes;
  readonly sink: OutcomeSink;
  /** Keeps the results that count every route. */
  readonly complete: Pick<CompleteResults, 'keep'>;
  readonly observer: CollectObserver;
}

/** The series of one logstore that are not planned yet. */
interface LogstoreQueue {
  readonly key: string;
  readonly name: LogstoreName;
  /** @bound the reads in flight | - | as the reads | `server.maxRequestsInFlight` */
  queued: PendingSeries[];
  timer: NodeJS.Timeout | undefined;
  inFlight: number;
}

/**
 * Gets series from SLS: queues them by logstore, plans a queue into few queries, sends these, and gives all callers
 * that wait for a series the same outcome.
 *
 * An idle logstore is asked after a short moment. While one of its queries is in flight, series are queued until it
 * ends or for a little longer, so that a thousand reads at once need a few queries, no matter how slowly they arrive.
 */
export class Collector {
  readonly #settings: CollectorSettings;
  readonly #context: CollectorContext;
  /** @bound the reads in flight, and the refreshes | - | as the reads | `server.maxRequestsInFlight`, `reading.maxSeries` */
  #pending = new Map<string, PendingSeries>();
  /** @bound the reads in flight | - | as the reads | `server.maxRequestsInFlight` */
  readonly #queues = new Map<string, LogstoreQueue>();
  /** Undefined before the first query that failed. */
  #refused: RefusedMetrics | undefined;
  readonly #recentRoutes = new RecentRoutes();

  constructor(settings: CollectorSettings, context: CollectorContext) {
    this.#settings = settings;
    this.#context = context;
  }

  /**
   * Returns the outcomes, in the order of the series.
   *
   * @throws AdapterError `Canceled` once the signal is aborted
   */
  async collect(
    series: readonly Series[],
    maxRetries: number,
    signal: AbortSignal,
    requester: Requester = {},
  ): Promise<Outcome[]> {
    if (series.length === 0) return [];
    const pending = series.map((one) => this.#join(one, maxRetries, requester));
    try {
      return await untilCanceled(Promise.all(pending.map(({ outcome }) => outcome.promise)), signal);
    } finally {
      for (const one of pending) this.#leave(one);
    }
  }

  #join(series: Series, maxRetries: number, requester: Requester): PendingSeries {
    let pending = this.#pending.get(series.key);
    if (pending === undefined) {
      pending = newPendingSeries(series);
      this.#pending.set(series.key, pending);
      this.#enqueue(pending);
    }
    addWaiter(pending, maxRetries, requester);
    return pending;
  }

  /** Cancels the query once the last waiter has left; a later call then starts a new one. */
  #leave(pending: PendingSeries): void {
    const { query } = pending;
    pending.waiters -= 1;
    if (query === undefined) {
      if (pending.waiters === 0) this.#forget(pending);
      return;
    }
    query.waiters -= 1;
    if (query.waiters > 0) return;
    query.controller.abort();
    for (const member of query.members) this.#forget(member);
  }

  #enqueue(pending: PendingSeries): void {
    const { project, logstore } = pending.series;
    // Neither name can contain a slash.
    const key = `${project}/${logstore}`;
    const name = { project, logstore };
    const queue = this.#queues.get(key) ?? { key, name, queued: [], timer: undefined, inFlight: 0 };
    this.#queues.set(key, queue);
    queue.queued.push(pending);
    const { gatherMs, holdMs } = this.#settings;
    queue.timer ??= setTimeout(() => this.#sendQueue(queue), queue.inFlight > 0 ? holdMs : gatherMs);
  }

  #sendQueue(queue: LogstoreQueue): void {
    const { clock, monotonicMs, limitsOf } = this.#context;
    clearTimeout(queue.timer);
    queue.timer = undefined;
    const queued = queue.queued.filter(({ waiters }) => waiters > 0);
    queue.queued = [];
    const pending = new Map(queued.map((one) => [one.series, one]));
    const plannedAtMs = monotonicMs();
    try {
      const { maxNamedRoutes, deadlineMs } = limitsOf(queue.name);
      const planContext: PlanContext = {
        ...this.#context,
        maxNamedRoutes,
        recentRoutes: (groupKey, routes) => this.#recentRoutes.add(groupKey, routes, plannedAtMs),
        isAskedApart: (series, endpoint) => this.#refused?.isRefused(series, endpoint) === true,
        nowSeconds: clock.now() / 1000,
      };
      for (const batch of planBatches([...pending.keys()], planContext)) {
        queue.inFlight += 1;
        const query = newQuery(batch, pending, { plannedAtMs, deadlineMs });
        void this.#run(query).then(() => {
          queue.inFlight -= 1;
          this.#sendQueue(queue);
        });
      }
    } catch (thrown) {
      this.#failAll(queued, toAdapterError(thrown), plannedAtMs);
    }
    if (queue.inFlight === 0) this.#queues.delete(queue.key);
  }

  /**
   * Sends the query, with retries, and settles its members.
   *
   * @returns the code of its error; undefined if SLS answered
   */
  async #run(query: InFlightQuery): Promise<ErrorCode | undefined> {
    const { batch, members, plannedAtMs, deadlineMs, namespaces, readIds } = query;
    const { project, logstore, window, plannedAtSeconds } = batch.query;
    const startMs = performance.now();
    const reason = readIds.length > 0 ? 'read' : 'due';
    this.#context.observer.batchSent({ project, logstore, series: members.length, reason });
    const run = { plannedAtMs, delaySeconds: plannedAtSeconds - window.endSeconds };
    try {
      const result = await withRetry(
        (signal) => this.#context.query({ ...batch.query, namespaces, readIds }, signal),
        () => members.reduce((most, { maxRetries }) => Math.max(most, maxRetries), 0),
        query.controller.signal,
        { ...this.#settings, deadlineMs },
      );
      this.#context.complete.keep(batch, result, run);
      await this.#settleAll(query, result, run);
      return undefined;
    } catch (thrown) {
      const error = toAdapterError(thrown);
      const leftMs = deadlineMs - (performance.now() - startMs);
      if (leftMs <= 0 || !(await this.#runParts(query, leftMs, error.code)))
        this.#failAll(members, error, plannedAtMs);
      return error.code;
    }
  }

  /**
   * Asks again for a batch that SLS refused, in one query for each set of aggregates.
   *
   * @returns whether it asked
   */
  async #runParts({ batch, members, plannedAtMs }: InFlightQuery, leftMs: number, refusal: ErrorCode) {
    this.#refused ??= new RefusedMetrics();
    const parts = this.#refused.partsOf(batch, refusal);
    if (parts.length === 0) return false;
    const pending = new Map(members.map((member) => [member.series, member]));
    const results = parts.map(async (part) => {
      const query = newQuery(part, pending, { plannedAtMs, deadlineMs: leftMs });
      return { batch: part, code: await this.#run(query) };
    });
    this.#refused.learn(batch, await Promise.all(results));
    return true;
  }

  /** In turns, because reads would wait for the milliseconds that a thousand series take. */
  async #settleAll(
    { batch, members }: InFlightQuery,
    result: AggregatesByRoute,
    run: BatchRun,
  ): Promise<void> {
    const turns = new Turns();
    for (const member of members) {
      const { series } = member;
      const outcome = outcomeOf(series, batch.query, result, this.#context.windows);
      if (outcome.kind === 'sample') {
        this.#context.sink.put(series, outcome.sample, run);
        this.#settle(member, outcome);
      } else this.#failAll([member], outcome.error, run.plannedAtMs);
      if (turns.isOver()) await turns.next();
    }
  }

  #failAll(members: readonly PendingSeries[], error: AdapterError, plannedAtMs: number): void {
    for (const member of members) {
      if (member.settled) continue;
      this.#context.sink.fail(member.series, error, plannedAtMs);
      this.#settle(member, { kind: 'failed', error });
    }
  }

  #settle(pending: PendingSeries, outcome: Outcome): void {
    this.#forget(pending);
    pending.settled = true;
    pending.outcome.resolve(outcome);
  }

  /** Calls that come from now on no longer join it. */
  #forget(pending: PendingSeries): void {
    const { key } = pending.series;
    if (this.#pending.get(key) === pending) this.#pending.delete(key);
    // V8 links the tables that a Map outgrows, so an old Map would keep what was pending until a full collection.
    if (this.#pending.size === 0) this.#pending = new Map();
  }
}
