import type { IngressLog } from '../metric/log-kind.ts';
import type { Window } from '../metric/sample.ts';
import { logQuery, type LogSource } from './client.ts';
import type { LogstoreAddress } from './endpoint.ts';
import { columnName, timeCondition } from './query-text.ts';
import { unindexedField } from './sls-error.ts';

/**
 * Returns the kinds of log that a logstore can hold, by its index: it has the columns that no other kind has.
 *
 * @param kinds with the names that their columns have in this logstore
 * @throws AdapterError with one of the codes of SLS
 */
export async function logKindsIn(
  address: LogstoreAddress,
  kinds: readonly IngressLog[],
  window: Window,
  logs: LogSource,
  signal: AbortSignal,
): Promise<IngressLog[]> {
  const found: IngressLog[] = [];
  for (const log of kinds) {
    try {
      const columns = ownColumns(log).map((name) => `count(${columnName(name)})`);
      const text = `* | SELECT ${columns.join(' + ')} AS lines FROM log WHERE ${timeCondition(window)} LIMIT 1`;
      await logs.query(logQuery(address, window, text), signal);
      found.push(log);
    } catch (error) {
      if (unindexedField(error) === undefined) throw error;
    }
  }
  return found;
}

/** Logs of Envoy share the names of backends, but not that of the host. */
export const ownColumns = ({ columns: { backend, host }, isRouteText }: IngressLog): string[] =>
  isRouteText ? [backend.name] : [backend.name, host.name];
