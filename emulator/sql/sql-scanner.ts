import { parameterInvalid } from '../service-error.ts';

/** Literals, quoted names and comments. The checks below must skip them. */
const opaque = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * Refuses syntax that DuckDB accepts and SLS does not: several statements, statements that do not begin with SELECT
 * or WITH, `$`-quotes and parameters, `E'…'`, `::` casts, `//`.
 *
 * @throws ServiceError ParameterInvalid
 */
export function checkSqlText(sql: string): void {
  const visible = sql.replace(opaque, (text) => (text.startsWith("'") ? "''" : ' '));
  if (visible.trim() === '') throw parameterInvalid('sql statement is empty');
  if (!/^\s*\(*\s*(select|with)\b/i.test(visible))
    throw parameterInvalid(`only select statement is allowed, near < ${firstWord(visible)} >`);
  const foreign = /;|\$|\/\/|::|->|\?|\b[exb]''|@|#/i.exec(visible);
  if (foreign) throw parameterInvalid(`syntax error, extraneous input '${foreign[0]}'`);
  if (/'|"/.test(visible.replaceAll("''", ''))) throw parameterInvalid('unclosed string quote');
}

const firstWord = (text: string) => /\S+/.exec(text)?.[0] ?? '';

/** Returns line and column, both from 1, of an offset in a SQL text, as in the messages of SLS. */
export function positionOf(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
