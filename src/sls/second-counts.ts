import type { AggregateQuery } from './aggregate-source.ts';
import { logQuery, type LogSource } from './client.ts';
import type { Row } from './read-reply.ts';
import { decodeSecondCounts, queryDecoded } from './decode.ts';
import type { LogstoreAddress } from './endpoint.ts';
import type { HeartbeatLines } from './heartbeat-lines.ts';
import {
  heartbeatsAlias,
  linesAlias,
  ownHeartbeatsAlias,
  routedAlias,
  secondCountsText,
} from './query-text.ts';

/** Asks how many lines a logstore has of each second of a window. */
export interface SecondCountQuery
  extends CountedLogstore, Pick<AggregateQuery, 'window' | 'plannedAtSeconds' | 'namespaces'> {}

/** The lines of a logstore that are counted. */
export interface CountedLogstore extends LogstoreAddress {
  /** Counts only lines that have this column. Lines in another form than the collector expects have no route. */
  readonly routeColumn?: string | undefined;
}

/** Unix second → lines logged in it. A second without lines is absent. */
export type SecondCounts = ReadonlyMap<number, number>;

export interface LineCounts {
  /** Heartbeats included. */
  readonly lines: SecondCounts;
  /** Lines without the route column as well; undefined: `lines` has all. */
  readonly allLines?: SecondCounts | undefined;
  /** Empty if there is no heartbeat for the logstore. */
  readonly heartbeats: SecondCounts;
  /** Those to the same address as ours, of any replica. */
  readonly ownHeartbeats: SecondCounts;
}

/**
 * Counts the lines of a logstore per second, as far as SLS has them so far, in one SLS request.
 *
 * @param heartbeats undefined: there are none
 * @throws AdapterError with one of the codes of SLS; a result is never partial
 */
export function countSeconds(
  logs: LogSource,
  query: SecondCountQuery,
  signal: AbortSignal,
  heartbeats?: HeartbeatLines,
): Promise<LineCounts> {
  const { window, plannedAtSeconds, routeColumn, namespaces = new Set<string>() } = query;
  const ask = (ownAgentStart?: string) => {
    const text = secondCountsText(window, { ownAgentStart, routeColumn });
    const sent = { ...logQuery(query, window, text), namespaces };
    const decode = (rows: readonly Row[]) => {
      const ofAlias = routeColumn === undefined ? linesAlias : routedAlias;
      const countsOf = (alias: string) => decodeSecondCounts(rows, window, alias, ofAlias);
      const lines = countsOf(ofAlias);
      const allLines = routeColumn === undefined ? undefined : decodeSecondCounts(rows, window);
      if (ownAgentStart === undefined)
        return { lines, allLines, heartbeats: new Map(), ownHeartbeats: new Map() };
      const [heartbeats, ownHeartbeats] = [countsOf(heartbeatsAlias), countsOf(ownHeartbeatsAlias)];
      return { lines, allLines, heartbeats, ownHeartbeats };
    };
    return queryDecoded<LineCounts>(logs, sent, plannedAtSeconds, decode, signal);
  };
  return heartbeats === undefined ? ask() : heartbeats.query(query, (log) => ask(log?.agentStart));
}
