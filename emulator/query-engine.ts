import { setTimeout as delay } from 'node:timers/promises';
import type { Differences } from './differences.ts';
import type { Faults } from './faults.ts';
import type { LogsOutcome } from './http/logs-reply.ts';
import type { Project } from './projects.ts';
import { splitQuery } from './search/search-lexer.ts';
import { ServiceError } from './service-error.ts';
import type { Database } from './store/database.ts';
import type { Logstore } from './store/logstore.ts';
import { readHistogram, type HistogramPart, type HistogramQuery } from './store/histogram.ts';
import { runQuery, type LogsQuery } from './store/run-query.ts';

interface QueryEngineOptions {
  readonly database: Database;
  /** Added to every query. */
  readonly latencyMs: number;
  /** Share, 0 to 1, of queries that fail with a 5xx. */
  readonly errorRate: number;
  readonly random: () => number;
  readonly nowMs: () => number;
}

/** Runs queries with a latency, a limit on concurrent SQL, and random failures. */
export class QueryEngine {
  readonly #options: QueryEngineOptions;
  #differences: Differences = {};
  #queries = 0;
  #sql = 0;

  constructor(options: QueryEngineOptions) {
    this.#options = options;
  }

  /** All queries so far, and those with SQL. Refused queries count too. */
  get counts(): { readonly queries: number; readonly sql: number } {
    return { queries: this.#queries, sql: this.#sql };
  }

  /** Replaces the differences from SLS; `{}` ends them. */
  differ(differences: Differences): void {
    this.#differences = differences;
  }

  /** Runs one query. If the signal aborts, the query stops and frees its slot. */
  async run(
    project: Project,
    logstore: Logstore,
    asked: LogsQuery,
    faults: Faults,
    signal: AbortSignal,
  ): Promise<LogsOutcome> {
    const { query: changed, outcome: answered, error: failed } = this.#differences;
    try {
      const outcome = await this.#run(project, logstore, changed?.(asked) ?? asked, faults, signal);
      return answered?.(outcome, asked) ?? outcome;
    } catch (error) {
      const other = error instanceof ServiceError ? failed?.(error, asked) : undefined;
      if (!other || other instanceof ServiceError) throw other ?? error;
      return other;
    }
  }

  async #run(
    project: Project,
    logstore: Logstore,
    query: LogsQuery,
    faults: Faults,
    signal: AbortSignal,
  ): Promise<LogsOutcome> {
    const startedMs = this.#options.nowMs();
    const hasSql = splitQuery(query.query).sql !== undefined;
    this.#queries += 1;
    if (hasSql) this.#sql += 1;
    using held = new DisposableStack();
    if (hasSql) held.use(project.slots.take(project.name));
    if (faults.hang === true) await aborted(signal);
    const latencyMs = this.#options.latencyMs + (faults.latencyMs ?? 0);
    if (latencyMs > 0) await delay(latencyMs, undefined, { signal });
    this.#failAtRandom(Math.max(this.#options.errorRate, faults.errorRate ?? 0));
    if (faults.status !== undefined) throw scripted(faults.status, faults);
    const result = await this.#options.database.query(signal, (connection) =>
      runQuery(connection, logstore, query),
    );
    return { result, complete: !query.partial, elapsedMs: this.#options.nowMs() - startedMs };
  }

  /** Counts the lines of a search by time. Neither faults nor limits apply. */
  histogram(
    logstore: Logstore,
    query: HistogramQuery,
    signal: AbortSignal,
  ): Promise<readonly HistogramPart[]> {
    return this.#options.database.query(signal, (connection) => readHistogram(connection, logstore, query));
  }

  #failAtRandom(rate: number): void {
    if (rate <= 0) return;
    const random = this.#options.random();
    if (random >= rate) return;
    throw random < rate / 2
      ? new ServiceError(500, 'InternalServerError', 'internal server error')
      : new ServiceError(503, 'ServerBusy', 'The server is busy, please try again later.');
  }
}

function scripted(status: number, faults: Faults): ServiceError {
  const code = faults.errorCode ?? (status >= 500 ? 'InternalServerError' : 'ParameterInvalid');
  return new ServiceError(status, code, faults.errorMessage ?? 'scripted fault');
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
