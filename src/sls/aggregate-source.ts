import { LRUCache } from 'lru-cache';
import { AdapterError } from '../errors.ts';
import { canaryColumnOf, isIngressLog } from '../metric/log-kind.ts';
import type { Aggregates } from '../metric/measures.ts';
import { logQuery, type LogQuery, type LogSource } from './client.ts';
import type { Row } from './read-reply.ts';
import { columnsOf, decodeByRoute, decodeTotal, newestIn, queryDecoded } from './decode.ts';
import type { LogstoreAddress } from './endpoint.ts';
import { logstoreKey } from '../metric/series.ts';
import type { HeartbeatLines } from './heartbeat-lines.ts';
import { mostRows, lastCounts, queryText, scannedWindow, type Statement } from './query-text.ts';
import { unindexedField } from './sls-error.ts';

/** What is asked of a logstore besides the statement. */
type Variant = Pick<Statement, 'hasAlternative' | 'withoutHeartbeats' | 'maxRows'>;

export interface AggregateQuery extends LogstoreAddress, Omit<Statement, keyof Variant> {
  /** When the query was planned, Unix seconds. Its window is counted back from then. */
  readonly plannedAtSeconds: number;
  /** Those that the query serves. */
  readonly namespaces?: ReadonlySet<string>;
  /** IDs of the reads that wait for the query, for the log. */
  readonly readIds?: readonly string[];
}

/** Keyed by route; a route without a line in the window is absent. The whole logstore has the key undefined. */
export type AggregatesByRoute = ReadonlyMap<string | undefined, Aggregates>;

export interface AggregateResult {
  readonly byRoute: AggregatesByRoute;
  /**
   * Unix second of the newest line that any row of the result counts, also of routes that were not asked for. Undefined:
   * no line was counted, or the query is a SELECT that a user wrote.
   */
  readonly newestSeconds: number | undefined;
}

/** A logstore that lacks the alternative column is asked for it again after this long. */
const recheckColumnMs = 10 * 60_000;

/** Bounded because clients name the logstores. */
const maxRemembered = 10_000;

export function logQueryOf(query: AggregateQuery, variant: Variant): LogQuery {
  return logQuery(query, scannedWindow(query), queryText({ ...query, ...variant }));
}

const isOwnSelect = ({ logKind }: AggregateQuery) => !isIngressLog(logKind) && logKind.sql !== undefined;

/** Turns aggregate queries into SLS queries, and their rows into numbers. One query is one SLS request. */
export class AggregateSource {
  readonly #logs: LogSource;
  readonly #maxRows: number;
  readonly #heartbeats: HeartbeatLines | undefined;
  /**
   * Logstores of which SLS reported that they lack the alternative column.
   *
   * @bound {maxRemembered} logstores | names of up to 126 characters | `reading.perNamespace.maxLogstores` | a constant
   */
  readonly #lacksAlternative = new LRUCache<string, true>({
    max: maxRemembered,
    ttl: recheckColumnMs,
    ttlResolution: 0,
  });

  /**
   * @param heartbeats undefined: there are none
   * @param maxRows LIMIT of a query that groups by every route; a logstore must have fewer routes
   */
  constructor(logs: LogSource, heartbeats?: HeartbeatLines, maxRows = mostRows) {
    this.#logs = logs;
    this.#heartbeats = heartbeats;
    this.#maxRows = maxRows;
  }

  /** @throws AdapterError with one of the codes of SLS; a result is never partial */
  readonly query = (query: AggregateQuery, signal: AbortSignal): Promise<AggregateResult> =>
    this.#heartbeats === undefined || isOwnSelect(query)
      ? this.#ask(query, false, signal)
      : this.#heartbeats.query({ ...query, window: scannedWindow(query) }, (log) =>
          this.#ask(query, log !== undefined, signal),
        );

  async #ask(
    query: AggregateQuery,
    withoutHeartbeats: boolean,
    signal: AbortSignal,
  ): Promise<AggregateResult> {
    const key = logstoreKey(query);
    const hasAlternative = !this.#lacksAlternative.has(key);
    try {
      return await this.#send(query, { hasAlternative, withoutHeartbeats }, signal);
    } catch (error) {
      const alternative = canaryColumnOf(query.logKind);
      if (!hasAlternative || alternative === undefined || unindexedField(error) !== alternative) throw error;
      this.#lacksAlternative.set(key, true);
      return this.#send(query, { hasAlternative: false, withoutHeartbeats }, signal);
    }
  }

  #send(query: AggregateQuery, variant: Variant, signal: AbortSignal): Promise<AggregateResult> {
    const { plannedAtSeconds, readIds = [], namespaces = new Set<string>() } = query;
    const sent = { ...logQueryOf(query, { ...variant, maxRows: this.#maxRows }), readIds, namespaces };
    const decode = (rows: readonly Row[]) => ({
      byRoute: this.#decode(rows, query),
      newestSeconds: isOwnSelect(query) ? undefined : newestIn(rows, scannedWindow(query)),
    });
    return queryDecoded(this.#logs, sent, plannedAtSeconds, decode, signal);
  }

  #decode(rows: readonly Row[], query: AggregateQuery): AggregatesByRoute {
    const { logKind, routes, everyRoute, aggregates } = query;
    const columns = columnsOf(logKind, { ...aggregates, ...lastCounts(query) });
    // A SELECT written by a user may sum up counts, which gives NULL without lines.
    if (routes === undefined) return decodeTotal(rows, columns, isIngressLog(logKind) ? 'refused' : 'none');
    // At the LIMIT, some routes may be cut off. Those would read 0.
    if (everyRoute && rows.length >= this.#maxRows)
      throw new AdapterError(
        'SlsResultTooLarge',
        `${this.#maxRows} or more routes were logged in one window`,
      );
    return decodeByRoute(rows, columns, routes, everyRoute ? 'kept' : 'refused');
  }
}
