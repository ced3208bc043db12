import type { DuckDBConnection } from '@duckdb/node-api';
import { parameterInvalid, ServiceError } from '../service-error.ts';
import { splitQuery } from '../search/search-lexer.ts';
import { parseSearch } from '../search/search-parser.ts';
import { searchPredicate } from '../search/search-predicate.ts';
import { translateSql } from '../sql/translate-sql.ts';
import { slsType, textOf } from './cell-text.ts';
import { extraColumn, indexedFields, logSelectList, sequenceColumn, textColumn } from './columns.ts';
import type { IndexConfig } from './index-config.ts';
import type { Logstore, TimeRange } from './logstore.ts';

/** The parameters of a GetLogs request. */
export interface LogsQuery extends TimeRange {
  readonly query: string;
  /** The most lines that a search without SQL returns. */
  readonly line: number;
  readonly offset: number;
  /** Newest first. */
  readonly reverse: boolean;
  /** Read only two lines of three, like a query that ran out of time. */
  readonly partial: boolean;
}

export interface LogsResult {
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly keys: readonly string[];
  readonly columnTypes: readonly string[];
  readonly whereQuery: string;
  /** Undefined for a search without SQL. */
  readonly aggQuery: string | undefined;
  /** Lines in the time range that the search matched. */
  readonly processedRows: number;
}

/** Throws a ServiceError if SLS would refuse the query; mostly ParameterInvalid. */
export async function runQuery(
  connection: DuckDBConnection,
  logstore: Logstore,
  request: LogsQuery,
): Promise<LogsResult> {
  const { search, sql } = splitQuery(request.query);
  if (search === '' && sql !== undefined)
    throw parameterInvalid('sql query must follow search query,please read syntax doc');
  if (/^select\b/i.test(search) && sql === undefined)
    throw parameterInvalid('sql query must follow search query,please read syntax doc');
  const { index } = logstore;
  if (!index) throw new ServiceError(400, 'IndexConfigNotExist', 'logstore without index config');
  if (sql !== undefined && logstore.mode === 'query')
    throw parameterInvalid(`logstore ${logstore.name} is of mode query, which does not support sql`);
  const matched = searchPredicate(parseSearch(search), index);
  const condition = request.partial ? `${matched} AND ${sequenceColumn} % 3 <> 0` : matched;
  try {
    const found =
      sql === undefined
        ? await readLines(connection, logstore, index, request, condition)
        : await readSql(connection, logstore, index, request, condition, sql);
    const counted = logstore.rowsQuery(request, '1', condition);
    const [[processed] = []] = (
      await connection.runAndReadAll(`SELECT count(*) FROM (${counted})`)
    ).getRows();
    return { ...found, whereQuery: search, aggQuery: sql, processedRows: Number(processed) };
  } catch (error) {
    throw sqlFailure(error);
  }
}

type Found = Pick<LogsResult, 'rows' | 'keys' | 'columnTypes'>;

async function readSql(
  connection: DuckDBConnection,
  logstore: Logstore,
  index: IndexConfig,
  request: LogsQuery,
  condition: string,
  sql: string,
): Promise<Found> {
  const rows = logstore.rowsQuery(request, logSelectList(index), condition);
  const translated = await translateSql(connection, sql, rows, { name: logstore.name, index });
  const result = await connection.runAndReadAll(translated);
  const keys = result.columnNames();
  const types = result.columnTypes();
  return {
    keys,
    columnTypes: types.map(slsType),
    rows: result.getRows().map((cells) =>
      Object.fromEntries([
        ['__source__', ''],
        ['__time__', String(request.fromSeconds)],
        ...cells.map((cell, position) => {
          const type = types[position];
          return [keys[position] ?? '', type ? textOf(cell, type) : 'null'] as const;
        }),
      ]),
    ),
  };
}

async function readLines(
  connection: DuckDBConnection,
  logstore: Logstore,
  index: IndexConfig,
  request: LogsQuery,
  condition: string,
): Promise<Found> {
  const fields = indexedFields(index);
  const wanted = ['"__time__"', sequenceColumn, extraColumn, ...fields.map(textColumn)].join(', ');
  const direction = request.reverse ? 'DESC' : 'ASC';
  const result = await connection.runAndReadAll(
    `${logstore.rowsQuery(request, wanted, condition)} ` +
      `ORDER BY "__time__" ${direction}, ${sequenceColumn} ${direction} ` +
      `LIMIT ${request.line} OFFSET ${request.offset}`,
  );
  const rows = result.getRows().map(([time, , extra, ...texts]) => {
    const line: Record<string, string> = { __topic__: '', __source__: '' };
    fields.forEach((field, position) => {
      const text = texts[position];
      if (typeof text === 'string') line[field] = text;
    });
    if (typeof extra === 'string') Object.assign(line, JSON.parse(extra));
    line['__time__'] = String(time);
    return line;
  });
  return { rows, keys: [], columnTypes: [] };
}

const unknownColumn = /^Binder Error:.*(?:column|Column) "?([^"\s]+)"? (?:not found|does not)/;
const notGrouped = /^Binder Error: column "?([^"]+?)"? must appear in the GROUP BY clause/i;

/**
 * Returns the error of SLS for an error of DuckDB. Only the first line goes into the message: the rest shows the
 * translated SQL.
 */
function sqlFailure(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [first = ''] = message.split('\n');
  const column = unknownColumn.exec(first)?.[1];
  if (column !== undefined)
    return parameterInvalid(
      `Column '${column}' cannot be resolved;please add the column in the index attribute`,
      { cause: error },
    );
  const ungrouped = notGrouped.exec(first)?.[1];
  if (ungrouped !== undefined)
    return parameterInvalid(
      `Column '${ungrouped}' not in GROUP BY clause;please add the column in the index attribute`,
      { cause: error },
    );
  if (first.startsWith('INTERRUPT'))
    return new ServiceError(500, 'RequestTimeout', 'The request is timed out', { cause: error });
  if (/^(INTERNAL|IO|FATAL)/i.test(first))
    return new ServiceError(500, 'InternalServerError', first, { cause: error });
  return parameterInvalid(first.replace(/^[A-Z][\w ]*Error: /, ''), { cause: error });
}
