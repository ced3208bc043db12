import type { Tree } from './sql-tree.ts';
import type { ValueKind } from './value-kind.ts';

/** An expression in DuckDB's dialect and what is known of its value. */
export interface Typed {
  readonly tree: Tree;
  readonly kind: ValueKind;
}
