import { placeholdersOf } from './placeholders.ts';
import { SqlParser } from './sql-parser.ts';
import { SqlQueryParser } from './sql-query-parser.ts';

/** What `sql` selects: the number, and from how many lines it is. */
export const valueColumn = 'value';
export const linesColumn = 'lines';

/** Statements that are no query. */
const writing =
  /^(ALTER|CALL|COMMIT|CREATE|DEALLOCATE|DELETE|DENY|DROP|EXECUTE|GRANT|INSERT|MERGE|PREPARE|REFRESH|REPLACE|RESET|REVOKE|ROLLBACK|SET|TRUNCATE|UPDATE|USE)$/;

/** @throws SyntaxError words that follow the text's name: `must …` */
export function checkAggregate(sql: string): void {
  const parser = new SqlParser(sql);
  const { key } = parser.peek();
  refuseWriting(parser);
  if (key === 'SELECT' || key === 'WITH')
    throw new SyntaxError('must be an expression alone: a whole SELECT stands in sql');
  parser.expression();
  const { kind, text, at } = parser.peek();
  if (text === ',') throw new SyntaxError(`must be one expression: a second begins after character ${at}`);
  if (kind !== 'end')
    throw new SyntaxError(`must be one expression, which ends before ${text} at character ${at}`);
  if (parser.functions.length === 0)
    throw new SyntaxError('must call an aggregate function, such as sum or count_if');
}

/** @throws SyntaxError words that follow the text's name: `must …` */
export function checkQuery(sql: string): void {
  const parser = new SqlQueryParser(sql);
  const { kind, key, text } = parser.peek();
  refuseWriting(parser);
  if (key !== 'SELECT' && key !== 'WITH')
    throw new SyntaxError(kind === 'end' ? 'must be a SELECT' : `must be a SELECT: it begins with ${text}`);
  const columns = parser.select();
  const end = parser.peek();
  if (['LIMIT', 'OFFSET', 'FETCH'].includes(end.key))
    throw new SyntaxError(`must not have ${end.key} at its end: one row is read`);
  if (end.kind !== 'end')
    throw new SyntaxError(`must be one statement, which ends before ${end.text} at character ${end.at}`);
  if (columns.join(' ') !== `${valueColumn} ${linesColumn}`)
    throw new SyntaxError(
      `must select two columns, … AS ${valueColumn} and count(*) AS ${linesColumn}: the number, and from how many lines`,
    );
  const names = placeholdersOf(sql);
  if (!names.includes('from') || !names.includes('to'))
    throw new SyntaxError('must hold to the window: WHERE __time__ >= {from} AND __time__ < {to}');
}

function refuseWriting(parser: SqlParser): void {
  const { key, text } = parser.peek();
  // A column or a function may have such a name.
  const next = parser.peek(1).kind;
  if (writing.test(key) && (next === 'word' || next === 'name'))
    throw new SyntaxError(`must only read: ${text} is refused`);
}
