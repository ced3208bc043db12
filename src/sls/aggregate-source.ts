import { setImmediate as nextTurn } from 'node:timers/promises';
import { AdapterError } from '../errors.ts';
import type { LineFilters } from '../metric/line-filters.ts';
import { routeColumnsOf, type LogKind } from '../metric/log-kind.ts';
import type { Aggregates } from '../metric/measures.ts';
import type { Window } from '../metric/sample.ts';
import { checkClock } from './clock-check.ts';
import type { LogQuery, LogSource } from './client.ts';
import { decodeByRoute, decodeTotal } from './decode.ts';
import { logstoreKey, logstoreName, type LogstoreAddress } from './logstore-address.ts';
import { greatestLimit, queryText } from './query-text.ts';
import { unindexedField } from './sls-error.ts';

/** Some aggregates over one window of one logstore. */
export interface AggregateQuery extends LogstoreAddress {
  readonly logKind: LogKind;
  readonly filters: LineFilters;
  readonly window: Window;
  /** When it was planned, Unix seconds: what its window is counted back from. */
  readonly plannedAtSeconds: number;
  /** Distinct; undefined: the whole logstore as one. */
  readonly routes: readonly string[] | undefined;
  /** Whether SLS counts every route of the logstore, rather than have those asked for named. */
  readonly everyRoute: boolean;
  /** Alias → SQL expression of the catalogue. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** Of the reads that wait for it, for the log. */
  readonly readIds?: readonly string[];
}

/** By route; a route without a line in the window is absent. The whole logstore has the key undefined. */
export type AggregatesByRoute = ReadonlyMap<string | undefined, Aggregates>;

/** How long a logstore is taken to lack the alternative column after SLS has said so. */
const recheckColumnMs = 10 * 60_000;

/** What is sent to SLS for a query. */
export function logQueryOf(
  query: AggregateQuery,
  hasAlternative: boolean,
  maxRows: number = greatestLimit,
): LogQuery {
  const { endpoint, project, logstore, window } = query;
  return {
    endpoint,
    project,
    logstore,
    fromSeconds: window.startSeconds,
    toSeconds: window.endSeconds,
    query: queryText({ ...query, hasAlternative, maxRows }),
  };
}

/** Turns aggregate queries into SLS queries and their rows into numbers. One query is one SLS request. */
export class AggregateSource {
  readonly #logs: LogSource;
  readonly #clock: { now(): number };
  readonly #maxRows: number;
  /** Logstore → when (Unix ms) SLS said that it lacks the alternative column. */
  readonly #lacksAlternativeSinceMs = new Map<string, number>();

  /** @param maxRows the LIMIT where every route is counted: a logstore must have fewer */
  constructor(logs: LogSource, clock: { now(): number }, maxRows = greatestLimit) {
    this.#logs = logs;
    this.#clock = clock;
    this.#maxRows = maxRows;
  }

  /** @throws AdapterError one of the codes of SLS; never a partial result */
  async query(query: AggregateQuery, signal: AbortSignal): Promise<AggregatesByRoute> {
    const key = logstoreKey(query);
    const hasAlternative = !this.#lacksAlternative(key);
    try {
      return await this.#send(query, hasAlternative, signal);
    } catch (error) {
      const alternative = routeColumnsOf(query.logKind)?.alternative;
      const lacksIt = error instanceof AdapterError && unindexedField(error) === alternative;
      if (!hasAlternative || alternative === undefined || !lacksIt) throw error;
      this.#lacksAlternativeSinceMs.set(key, this.#clock.now());
      return this.#send(query, false, signal);
    }
  }

  /** A clock that was set back asks again, rather than stay wrong for as long as the step. */
  #lacksAlternative(key: string): boolean {
    const ageMs = this.#clock.now() - (this.#lacksAlternativeSinceMs.get(key) ?? -Infinity);
    return ageMs >= 0 && ageMs < recheckColumnMs;
  }

  async #send(
    query: AggregateQuery,
    hasAlternative: boolean,
    signal: AbortSignal,
  ): Promise<AggregatesByRoute> {
    const { plannedAtSeconds, routes, everyRoute, aggregates } = query;
    const startMs = performance.now();
    const { readIds = [] } = query;
    const sent = { ...logQueryOf(query, hasAlternative, this.#maxRows), readIds };
    const { rows, serverTimeMs } = await this.#logs.query(sent, signal);
    const elapsedMs = performance.now() - startMs;
    checkClock({ plannedAtSeconds, elapsedMs, serverTimeMs }, logstoreName(query));
    // To read thousands of rows as JSON took milliseconds, and to read their numbers takes as much.
    await nextTurn();
    const aliases = Object.keys(aggregates);
    // Whoever writes the SELECT may sum up counts.
    const nullLines = typeof query.logKind === 'string' ? 'refused' : 'none';
    if (routes === undefined) return decodeTotal(rows, aliases, nullLines);
    if (everyRoute && rows.length >= this.#maxRows) throw this.#tooLarge(query);
    return decodeByRoute(rows, aliases, routes, everyRoute ? 'skipped' : 'refused');
  }

  /** As many rows as the LIMIT lets through: any route that was cut off would read 0. */
  #tooLarge(query: AggregateQuery): AdapterError {
    const what = `${this.#maxRows} routes or more were logged in one window`;
    return new AdapterError('SlsResultTooLarge', `SLS, ${logstoreName(query)}: ${what}`);
  }
}
