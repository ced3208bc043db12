/** What is known of an expression's type before it runs; `unknown` fits everywhere. */
export type ValueKind = 'integer' | 'double' | 'varchar' | 'boolean' | 'timestamp' | 'unknown';

const numeric = new Set<ValueKind>(['integer', 'double']);

export const isNumeric = (kind: ValueKind) => numeric.has(kind);

/** The kind of a value that comes from any of these: integers widen to double. */
export function commonKind(kinds: readonly ValueKind[]): ValueKind {
  const [first = 'unknown', ...others] = kinds;
  return others.reduce((left, right) => {
    if (left === right) return left;
    return isNumeric(left) && isNumeric(right) ? 'double' : 'unknown';
  }, first);
}

/** Whether SLS compares them: it converts between numbers only. */
export function comparable(left: ValueKind, right: ValueKind): boolean {
  return left === 'unknown' || right === 'unknown' || left === right || (isNumeric(left) && isNumeric(right));
}

/** The kind's name in SLS's messages. */
export const typeName = (kind: ValueKind) => (kind === 'integer' ? 'bigint' : kind);

/** The kind of a DuckDB type, by the type's name. */
export function kindOfType(type: string): ValueKind {
  switch (type.toUpperCase()) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'HUGEINT':
      return 'integer';
    case 'FLOAT':
    case 'DOUBLE':
      return 'double';
    case 'VARCHAR':
      return 'varchar';
    case 'BOOLEAN':
      return 'boolean';
    case 'TIMESTAMP':
      return 'timestamp';
    default:
      return 'unknown';
  }
}
