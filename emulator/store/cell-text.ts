import {
  DuckDBTimestampValue,
  DuckDBDateValue,
  DuckDBListType,
  DuckDBListValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';

/** Returns a value of a result as SLS sends it: always text, NULL as `null`. */
function cellText(value: DuckDBValue): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : javaDouble(value);
  if (value instanceof DuckDBTimestampValue)
    return new Date(Number(value.micros / 1000n)).toISOString().replace('T', ' ').replace('Z', '');
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBListValue) return JSON.stringify(value.items.map(cellText));
  return String(value);
}

/** Like `cellText`, but a whole number in a column of doubles prints as a double. */
export function textOf(value: DuckDBValue, column: DuckDBType): string {
  return typeof value === 'number' && isFloating(column) ? javaDouble(value) : cellText(value);
}

/** Returns the type of a column as SLS names it in `meta.columnTypes`. */
export function slsType(column: DuckDBType): string {
  if (column instanceof DuckDBListType) return `array(${slsType(column.valueType)})`;
  const name = column.toString().toLowerCase();
  return name === 'hugeint' ? 'bigint' : name;
}

const isFloating = (column: DuckDBType) => ['DOUBLE', 'FLOAT'].includes(column.toString());

/**
 * Prints a double as Java's `Double.toString` does, like SLS: `60.0`, `1.0E-4`, `1.2345E7`, `NaN`, `Infinity`. It
 * uses plain decimals from 10⁻³ up to 10⁷, and scientific notation outside. There is at least one digit after the
 * point, and otherwise only the digits that distinguish the value from other doubles.
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double)
 */
export function javaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === 0) return `${sign}0.0`;
  const { digits, exponent } = decompose(magnitude);
  return (
    sign + (magnitude >= 1e-3 && magnitude < 1e7 ? plain(digits, exponent) : scientific(digits, exponent))
  );
}

/** Returns the digits d₁d₂… and the power of ten of d₁. If one digit is enough, Java takes the nearest of two. */
function decompose(magnitude: number): { digits: string; exponent: number } {
  const shortest = magnitude.toExponential();
  const [mantissa = '', power = ''] = (/^\de/.test(shortest) ? magnitude.toExponential(1) : shortest).split(
    'e',
  );
  return { digits: mantissa.replace('.', '').replace(/0$/, ''), exponent: Number(power) };
}

function plain(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 1, '0');
  return `${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1) || '0'}`;
}

function scientific(digits: string, exponent: number): string {
  return `${digits.slice(0, 1)}.${digits.slice(1) || '0'}E${exponent}`;
}
