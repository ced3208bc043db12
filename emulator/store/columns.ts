import { identifier } from './sql-text.ts';
import type { IndexConfig } from './index-config.ts';

/** Every log line has these besides its fields; SLS keeps them indexed always. */
export const reservedText = ['__topic__', '__source__'] as const;

/** The column that keeps a field as it was logged. */
export const textColumn = (field: string) => identifier(`t:${field}`);

/** The column that keeps the number in a `long` or `double` field. */
export const numberColumn = (field: string) => identifier(`n:${field}`);

/** Fields that are not in the index, as one JSON object. */
export const extraColumn = identifier('x:fields');

/** When a line becomes visible to queries, in ms. */
export const visibleColumn = identifier('v:ms');

/** The order in which lines were put. */
export const sequenceColumn = identifier('s:seq');

export interface TableColumn {
  readonly name: string;
  readonly sqlType: 'BIGINT' | 'DOUBLE' | 'VARCHAR';
}

/** The columns of a logstore's tables, in the order in which rows are appended. */
export function tableColumns(index: IndexConfig): TableColumn[] {
  const columns: TableColumn[] = [
    { name: identifier('__time__'), sqlType: 'BIGINT' },
    { name: visibleColumn, sqlType: 'BIGINT' },
    { name: sequenceColumn, sqlType: 'BIGINT' },
    { name: extraColumn, sqlType: 'VARCHAR' },
  ];
  for (const field of indexedFields(index)) columns.push({ name: textColumn(field), sqlType: 'VARCHAR' });
  for (const [field, type] of numericFields(index))
    columns.push({ name: numberColumn(field), sqlType: type === 'long' ? 'BIGINT' : 'DOUBLE' });
  return columns;
}

/** The fields that a query may name, reserved ones first. */
export function indexedFields(index: IndexConfig): string[] {
  return [...reservedText, ...Object.keys(index.fields).filter((field) => !isReserved(field))];
}

/** The fields with a number column. */
export function numericFields(index: IndexConfig): [string, 'long' | 'double'][] {
  const found: [string, 'long' | 'double'][] = [];
  for (const [field, type] of Object.entries(index.fields))
    if (type !== 'text' && !isReserved(field)) found.push([field, type]);
  return found;
}

/** The select list that makes a table look like SLS's `log`: one column per indexed field, typed. */
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
