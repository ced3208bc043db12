import type { DuckDBConnection } from '@duckdb/node-api';
import { splitQuery } from '../search/search-lexer.ts';
import { parseSearch } from '../search/search-parser.ts';
import { searchPredicate } from '../search/search-predicate.ts';
import { ServiceError } from '../service-error.ts';
import type { Logstore, TimeRange } from './logstore.ts';

/** The lines of one part of a time range. */
export interface HistogramPart extends TimeRange {
  readonly count: number;
}

export interface HistogramQuery extends TimeRange {
  /** Only its search statement counts lines; SQL after it is ignored. */
  readonly query: string;
  /** Length of a part, or 0 for one that gives at most 60 parts. */
  readonly intervalSeconds: number;
}

const mostParts = 60;

/** Counts the lines of a search by time. Throws a ServiceError if SLS would refuse the search. */
export async function readHistogram(
  connection: DuckDBConnection,
  logstore: Logstore,
  { query, fromSeconds, toSeconds, intervalSeconds }: HistogramQuery,
): Promise<readonly HistogramPart[]> {
  if (!logstore.index) throw new ServiceError(400, 'IndexConfigNotExist', 'logstore without index config');
  const condition = searchPredicate(parseSearch(splitQuery(query).search), logstore.index);
  const step = intervalSeconds || Math.max(1, Math.ceil((toSeconds - fromSeconds) / mostParts));
  const rows = logstore.rowsQuery({ fromSeconds, toSeconds }, '"__time__"', condition);
  const result = await connection.runAndReadAll(
    `SELECT ("__time__" - ${fromSeconds}) // ${step}, count(*) FROM (${rows}) GROUP BY 1`,
  );
  const counts = new Map(result.getRows().map(([part, count]) => [Number(part), Number(count)]));
  return Array.from({ length: Math.ceil((toSeconds - fromSeconds) / step) }, (_, part) => ({
    fromSeconds: fromSeconds + part * step,
    toSeconds: Math.min(fromSeconds + (part + 1) * step, toSeconds),
    count: counts.get(part) ?? 0,
  }));
}
