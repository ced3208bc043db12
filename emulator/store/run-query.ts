import type { DuckDBConnection } from '@duckdb/node-api';
import { parameterInvalid } from '../service-error.ts';
import { splitQuery } from '../search/search-lexer.ts';
import { parseSearch } from '../search/search-parser.ts';
import { searchPredicate } from '../search/search-predicate.ts';
import { bridgeSql } from '../sql/sql-bridge.ts';
import { slsType, textOf } from './cell-text.ts';
import { extraColumn, indexedFields, logSelectList, sequenceColumn, textColumn } from './columns.ts';
import type { Logstore, TimeRange } from './logstore.ts';
import { sqlFailure } from './sql-failure.ts';

/** What a GetLogs request asks of a logstore. */
export interface LogsQuery extends TimeRange {
  readonly query: string;
  /** Lines wanted of a search without SQL. */
  readonly line: number;
  readonly offset: number;
  /** Newest first. */
  readonly reverse: boolean;
  /** Read two lines in three only, as a query does that ran out of time. */
  readonly partial: boolean;
}

export interface LogsResult {
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly keys: readonly string[];
  readonly columnTypes: readonly string[];
  readonly whereQuery: string;
  /** Absent for a search without SQL. */
  readonly aggQuery: string | undefined;
  /** Lines in the time range that the search matched. */
  readonly processedRows: number;
}

/** @throws ServiceError as SLS refuses it, ParameterInvalid mostly */
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
  const matched = searchPredicate(parseSearch(search), logstore.index);
  const condition = request.partial ? `${matched} AND ${sequenceColumn} % 3 <> 0` : matched;
  try {
    const found =
      sql === undefined
        ? await readLines(connection, logstore, request, condition)
        : await readSql(connection, logstore, request, condition, sql);
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
  request: LogsQuery,
  condition: string,
  sql: string,
): Promise<Found> {
  const rows = logstore.rowsQuery(request, logSelectList(logstore.index), condition);
  const result = await connection.runAndReadAll(await bridgeSql(connection, sql, rows, logstore));
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
  request: LogsQuery,
  condition: string,
): Promise<Found> {
  const fields = indexedFields(logstore.index);
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
