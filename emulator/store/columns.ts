import type { IndexConfig } from './index-config.ts';

/** Returns a text as a SQL string literal. */
export const literal = (text: string) => `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`;

/** Returns a name as a quoted SQL identifier. */
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Fields of every log line. SLS always indexes them. */
export const reservedText = ['__topic__', '__source__'] as const;

/** The column with the logged text of a field. */
export const textColumn = (field: string) => identifier(`t:${field}`);

/** The column with the number of a `long` or `double` field. */
export const numberColumn = (field: string) => identifier(`n:${field}`);

/** The column with all fields outside the index, and all values too long for it, as one JSON object. */
export const extraColumn = identifier('x:fields');

/** The column with the names and values of the fields outside the index, one a line, for full-text search. */
export const extraTextColumn = identifier('x:text');

/** The column with the time in ms from which queries see the line. */
export const visibleColumn = identifier('v:ms');

/** The column with a number that grows with each line. */
export const sequenceColumn = identifier('s:seq');

export interface TableColumn {
  readonly name: string;
  readonly sqlType: 'BIGINT' | 'DOUBLE' | 'VARCHAR';
}

/** Returns the columns of a logstore's tables, in the order of the values that are appended. */
export function tableColumns(index: IndexConfig): TableColumn[] {
  const columns: TableColumn[] = [
    { name: identifier('__time__'), sqlType: 'BIGINT' },
    { name: visibleColumn, sqlType: 'BIGINT' },
    { name: sequenceColumn, sqlType: 'BIGINT' },
    { name: extraColumn, sqlType: 'VARCHAR' },
    { name: extraTextColumn, sqlType: 'VARCHAR' },
  ];
  for (const field of indexedFields(index)) columns.push({ name: textColumn(field), sqlType: 'VARCHAR' });
  for (const [field, type] of numericFields(index))
    columns.push({ name: numberColumn(field), sqlType: type === 'long' ? 'BIGINT' : 'DOUBLE' });
  return columns;
}

/** Returns the fields that a query may name, reserved ones first. */
export function indexedFields(index: IndexConfig): string[] {
  return [...reservedText, ...Object.keys(index.fields).filter((field) => !isReserved(field))];
}

/** Returns the fields that have a number column. */
export function numericFields(index: IndexConfig): [string, 'long' | 'double'][] {
  const found: [string, 'long' | 'double'][] = [];
  for (const [field, type] of Object.entries(index.fields))
    if (type !== 'text' && !isReserved(field)) found.push([field, type]);
  return found;
}

/** Returns the select list that gives a table the columns of SLS's `log`: one typed column for each indexed field. */
export function logSelectList(index: IndexConfig): string {
  const numeric = new Map(numericFields(index));
  const fields = indexedFields(index).map(
    (field) => `${numeric.has(field) ? numberColumn(field) : textColumn(field)} AS ${identifier(field)}`,
  );
  return [identifier('__time__'), ...fields].join(', ');
}

function isReserved(field: string): boolean {
  return field === '__time__' || reservedText.some((name) => name === field);
}
