import { parameterInvalid } from '../service-error.ts';

/** Literals, quoted names and comments. The checks below must skip them. */
const opaque = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** What DuckDB accepts and SLS does not. */
const foreignSyntax =
  /;|\$|\/\/|:|->|\?|\b[exb]''|@|#|==|\*\*|\b\d+_\d|\b0x|\boffset\s+\d+|\bfetch\s+(?:first|next)\b/i;
const maxDistinct = 10;
const trailingComma = /,\s*(?:(?:from|where|group|having|order|limit)\b|\)|$)/i;
/** Names that DuckDB gives to `count(*)` and `extract(… from …)`. */
const foreignFunction = /\b(count_star|date_part)\s*\(/i;

/**
 * Refuses syntax that DuckDB accepts and SLS does not: several statements, statements that do not begin with SELECT
 * or WITH, and what is listed above.
 *
 * @throws ServiceError ParameterInvalid
 */
export function checkSqlText(sql: string): void {
  const visible = sql.replace(opaque, (text) =>
    text.startsWith("'") ? "''" : text.startsWith('"') ? ' _ ' : ' ',
  );
  if (visible.trim() === '') throw parameterInvalid('sql statement is empty');
  if (!/^\s*\(*\s*(select|with)\b/i.test(visible))
    throw parameterInvalid(`only select statement is allowed, near < ${firstWord(visible)} >`);
  const foreign = foreignSyntax.exec(visible) ?? trailingComma.exec(visible);
  if (foreign) throw parameterInvalid(`syntax error, extraneous input '${foreign[0]}'`);
  const unknown = foreignFunction.exec(visible)?.[1];
  if (unknown !== undefined) throw parameterInvalid(`Function ${unknown} not registered`);
  if ([...visible.matchAll(/\bdistinct\b/gi)].length > maxDistinct)
    throw parameterInvalid(`max distinct num is:${maxDistinct}, please use approx_distinct`);
  if (/'|"/.test(visible.replaceAll("''", ''))) throw parameterInvalid('unclosed string quote');
}

const maxPagedRows = 10_000;
const maxPagedTotal = 1_000_000;

/**
 * Returns the SQL with `LIMIT offset, rows` at its end in DuckDB's form. SLS has no OFFSET, and no such LIMIT in a
 * subquery. https://www.alibabacloud.com/help/en/sls/limit-clause
 *
 * @throws ServiceError ParameterInvalid for more rows than SLS returns
 */
export function withOffset(sql: string): string {
  return sql.replace(/\blimit\s+(\d+)\s*,\s*(\d+)\s*$/i, (_all, offset: string, rows: string) => {
    if (Number(rows) > maxPagedRows || Number(offset) + Number(rows) > maxPagedTotal)
      throw parameterInvalid(`reading data with pagination only allow reading max ${maxPagedTotal}`);
    return `LIMIT ${rows} OFFSET ${offset}`;
  });
}

const firstWord = (text: string) => /\S+/.exec(text)?.[0] ?? '';

/** Returns line and column, both from 1, of an offset in a SQL text, as in the messages of SLS. */
export function positionOf(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
