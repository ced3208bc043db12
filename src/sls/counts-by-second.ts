import { AdapterError } from '../errors.ts';
import { canaryColumnOf } from '../metric/log-kind.ts';
import { windowSeconds, type Window } from '../metric/sample.ts';
import { logQuery, type LogSource } from './client.ts';
import { columnsOf, decodeAggregate, decodeCount } from './decode.ts';
import type { LogstoreAddress } from './endpoint.ts';
import { agentField } from './heartbeat-lines.ts';
import {
  bySecondText,
  linesAlias,
  routeAlias,
  secondAlias,
  timeCondition,
  type Statement,
} from './query-text.ts';
import { unindexedField } from './sls-error.ts';

type CountsQuery = LogstoreAddress &
  Pick<Statement, 'logKind' | 'filters' | 'routes' | 'aggregates' | 'window' | 'withoutHeartbeats'>;

/** Route → alias → its value in each second of the window. The whole logstore has the key undefined. */
export type CountsBySecond = ReadonlyMap<string | undefined, ReadonlyMap<string, Float64Array>>;

/**
 * Returns the aggregates of each second of a window, in one SLS request, or more where the logstore has no index
 * of the column for canaries or of that for heartbeats.
 *
 * @throws AdapterError with one of the codes of SLS; a result is never partial
 */
export async function countsBySecond(
  query: CountsQuery,
  logs: LogSource,
  signal: AbortSignal,
): Promise<CountsBySecond> {
  const alternative = canaryColumnOf(query.logKind);
  let [hasAlternative, { withoutHeartbeats = false }] = [true, query];
  for (;;) {
    try {
      return await ask({ ...query, withoutHeartbeats }, hasAlternative, logs, signal);
    } catch (error) {
      const field = unindexedField(error);
      if (withoutHeartbeats && field === agentField) withoutHeartbeats = false;
      else if (hasAlternative && field !== undefined && field === alternative) hasAlternative = false;
      else throw error;
    }
  }
}

async function ask(
  query: CountsQuery,
  hasAlternative: boolean,
  logs: LogSource,
  signal: AbortSignal,
): Promise<CountsBySecond> {
  const { window, routes = [undefined], logKind, aggregates } = query;
  const text = bySecondText({ ...query, hasAlternative, everyRoute: false });
  const { rows } = await logs.query(logQuery(query, window, text), signal);
  const columns = columnsOf(logKind, aggregates);
  const empty = () => columns.map(({ alias }) => [alias, new Float64Array(windowSeconds(window))] as const);
  const counts = new Map(routes.map((route) => [route, new Map(empty())]));
  const seen = new Set<string>();
  for (const row of rows) {
    const index = decodeCount(row[secondAlias], secondAlias) - window.startSeconds;
    const ofRoute = counts.get(routes.length > 1 ? row[routeAlias] : routes[0]);
    if (ofRoute === undefined || !(index >= 0 && index < windowSeconds(window)))
      throw new AdapterError('SlsReplyInvalid', 'SLS gave a row of another second or route than asked for');
    if (seen.size === seen.add(`${index} ${row[routeAlias]}`).size)
      throw new AdapterError('SlsReplyInvalid', 'SLS gave a second of a route twice');
    for (const column of columns) {
      const values = ofRoute.get(column.alias);
      if (values !== undefined && row[column.alias] !== 'null') values[index] = decodeAggregate(row, column);
    }
  }
  return counts;
}

/** Returns how many lines of any kind a logstore has in a window. */
export async function countLines(
  address: LogstoreAddress,
  window: Window,
  logs: LogSource,
  signal: AbortSignal,
): Promise<number> {
  const text = `* | SELECT count(*) AS ${linesAlias} FROM log WHERE ${timeCondition(window)} LIMIT 1`;
  const { rows } = await logs.query(logQuery(address, window, text), signal);
  return decodeCount(rows[0]?.[linesAlias], linesAlias);
}
