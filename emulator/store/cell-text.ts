import {
  DuckDBTimestampValue,
  DuckDBDateValue,
  DuckDBListValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { javaDouble } from './java-double.ts';

/** A value of a result as SLS sends it: always text, NULL as `null`. */
export function cellText(value: DuckDBValue): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : javaDouble(value);
  if (value instanceof DuckDBTimestampValue)
    return new Date(Number(value.micros / 1000n)).toISOString().replace('T', ' ').replace('Z', '');
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBListValue) return JSON.stringify(value.items.map(cellText));
  return String(value);
}

/** The same for a column of that type: a whole number prints as a double in a double's column. */
export function textOf(value: DuckDBValue, column: DuckDBType): string {
  return typeof value === 'number' && isFloating(column) ? javaDouble(value) : cellText(value);
}

/** A column's type as SLS names it in `meta.columnTypes`. */
export function slsType(column: DuckDBType): string {
  const name = column.toString().toLowerCase();
  return name === 'hugeint' ? 'bigint' : name;
}

const isFloating = (column: DuckDBType) => ['DOUBLE', 'FLOAT'].includes(column.toString());
