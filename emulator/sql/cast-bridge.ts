import { call, castTo, child, text, type Tree } from './sql-tree.ts';
import type { Typed } from './typed.ts';
import { kindOfType } from './value-kind.ts';

const allowedTypes = new Set(['BIGINT', 'INTEGER', 'DOUBLE', 'VARCHAR', 'BOOLEAN', 'TIMESTAMP', 'DATE']);

/** `cast` and `try_cast`. From text to a number Java's rules hold, which take less than DuckDB's do. */
export function bridgeCast(tree: Tree, operand: Typed, refuse: (message: string) => Error): Typed {
  const type = text(child(tree, 'cast_type') ?? {}, 'id').toUpperCase();
  if (!allowedTypes.has(type)) throw refuse(`Unknown type: ${type.toLowerCase()}`);
  const kind = kindOfType(type);
  if (operand.kind === 'varchar' && (kind === 'integer' || kind === 'double')) {
    const verb = tree['try_cast'] === true ? 'sls_try_cast' : 'sls_cast';
    const number = call(`${verb}_${kind === 'integer' ? 'bigint' : 'double'}`, [operand.tree]);
    return { tree: type === 'INTEGER' ? castTo(number, type) : number, kind };
  }
  tree['child'] = operand.tree;
  return { tree, kind };
}
