import type { DuckDBConnection } from '@duckdb/node-api';
import { parameterInvalid } from '../service-error.ts';
import { indexedFields } from '../store/columns.ts';
import type { IndexConfig } from '../store/index-config.ts';
import { logTable, QueryTranslator } from './translate-query.ts';
import type { Columns } from './scope.ts';
import { readPrestoForms } from './presto-forms.ts';
import { checkSqlText, withOffset } from './sql-scanner.ts';
import { child, children, parseTree, text, type Tree } from './sql-tree.ts';
import type { ValueKind } from './value-kind.ts';

/**
 * Translates one SELECT of SLS's dialect into one of DuckDB's. It changes DuckDB's own syntax tree, never the text, so
 * that no literal can change the query.
 *
 * @param rows a SELECT, in DuckDB's dialect, of the rows of the table `log`
 * @throws ServiceError ParameterInvalid for all but one SELECT that SLS would run
 */
export async function translateSql(
  connection: DuckDBConnection,
  given: string,
  rows: string,
  logstore: { readonly name: string; readonly index: IndexConfig },
): Promise<string> {
  checkSqlText(given);
  const sql = readPrestoForms(given);
  const tree = await serialize(connection, withOffset(sql));
  const statements = children(tree, 'statements');
  const node = child(statements[0] ?? {}, 'node');
  if (statements.length !== 1 || !node) throw parameterInvalid('only one select statement is allowed');
  new QueryTranslator(sql, logColumns(logstore.index), ['log', logstore.name.toLowerCase()]).translate(node);
  return prependLog(await deserialize(connection, tree), rows);
}

async function serialize(connection: DuckDBConnection, sql: string): Promise<Tree> {
  const tree = parseTree(await scalar(connection, 'SELECT json_serialize_sql($1::VARCHAR)', sql));
  if (tree['error'] !== true) return tree;
  const message = text(tree, 'error_message');
  const position = Number(text(tree, 'position') || '0') + 1;
  throw parameterInvalid(
    `ErrorType:SyntaxError.ErrorPosition,line:1,column:${position}.ErrorMessage:line 1:${position}: ${message}`,
  );
}

const deserialize = (connection: DuckDBConnection, tree: Tree) =>
  scalar(connection, 'SELECT json_deserialize_sql($1::VARCHAR::JSON)', JSON.stringify(tree));

async function scalar(connection: DuckDBConnection, sql: string, argument: string): Promise<string> {
  const result = await connection.runAndReadAll(sql, [argument]);
  const value = result.getRows()[0]?.[0];
  return typeof value === 'string' ? value : '';
}

/** Adds the table of the logstore. DuckDB always prints a query with a WITH clause as `WITH …`. */
function prependLog(sql: string, rows: string): string {
  const log = `WITH ${logTable} AS NOT MATERIALIZED (${rows})`;
  if (sql.startsWith('WITH RECURSIVE '))
    throw parameterInvalid('syntax error, with recursive is not supported');
  return sql.startsWith('WITH ') ? `${log}, ${sql.slice('WITH '.length)}` : `${log} ${sql}`;
}

function logColumns(index: IndexConfig): Columns {
  const columns = new Map<string, ValueKind>([['__time__', 'integer']]);
  for (const field of indexedFields(index)) {
    const type = Object.hasOwn(index.fields, field) ? index.fields[field] : 'text';
    columns.set(field.toLowerCase(), type === 'long' ? 'integer' : type === 'double' ? 'double' : 'varchar');
  }
  return columns;
}
