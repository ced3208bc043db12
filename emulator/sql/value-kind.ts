import type { Tree } from './sql-tree.ts';

/** The type of an expression, as far as it is known before the query runs. `unknown` fits everywhere. */
export type ValueKind = 'integer' | 'double' | 'varchar' | 'boolean' | 'timestamp' | 'unknown';

const numeric = new Set<ValueKind>(['integer', 'double']);

export const isNumeric = (kind: ValueKind) => numeric.has(kind);

/** Returns the kind of a value that may be any of these. Integers and doubles give double. */
export function commonKind(kinds: readonly ValueKind[]): ValueKind {
  const [first = 'unknown', ...others] = kinds;
  return others.reduce((left, right) => {
    if (left === right) return left;
    return isNumeric(left) && isNumeric(right) ? 'double' : 'unknown';
  }, first);
}

/** Returns true if SLS can compare the two. It converts between numbers only. */
export function comparable(left: ValueKind, right: ValueKind): boolean {
  return left === 'unknown' || right === 'unknown' || left === right || (isNumeric(left) && isNumeric(right));
}

/** Returns the name of the kind in the messages of SLS. */
export const typeName = (kind: ValueKind) => (kind === 'integer' ? 'bigint' : kind);

/** Returns the kind of a DuckDB type, given by its name. */
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

/** An expression in DuckDB's dialect, and the kind of its value. */
export interface Typed {
  readonly tree: Tree;
  readonly kind: ValueKind;
}

/** Throws the error of `refuse` if SLS would not take the expression as a condition. It converts nothing to boolean. */
export function mustBeBoolean({ kind }: Typed, what: string, refuse: (message: string) => Error): void {
  if (kind === 'boolean' || kind === 'unknown') return;
  throw refuse(`${what} must evaluate to a boolean (actual: ${typeName(kind)})`);
}
