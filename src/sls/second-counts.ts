import type { AggregateQuery } from './aggregate-source.ts';
import { logQuery, type LogSource, type Row } from './client.ts';
import { decodeSecondCounts, queryDecoded } from './decode.ts';
import type { LogstoreAddress } from './endpoint.ts';
import { secondCountsText } from './query-text.ts';

/** Asks how many lines a logstore has of each second of a window. */
export type SecondCountQuery = Pick<AggregateQuery, keyof LogstoreAddress | 'window' | 'plannedAtSeconds'>;

/** Unix second → lines logged in it, of any route. A second without lines is absent. */
export type SecondCounts = ReadonlyMap<number, number>;

/**
 * Counts the lines of a logstore per second, as far as SLS has them so far, in one SLS request.
 *
 * @throws AdapterError with one of the codes of SLS; a result is never partial
 */
export function countSeconds(
  logs: LogSource,
  query: SecondCountQuery,
  signal: AbortSignal,
): Promise<SecondCounts> {
  const { window, plannedAtSeconds } = query;
  const sent = logQuery(query, window, secondCountsText(window));
  const decode = (rows: readonly Row[]) => decodeSecondCounts(rows, window);
  return queryDecoded(logs, sent, plannedAtSeconds, decode, signal);
}
