import { parameterInvalid } from '../service-error.ts';
import { call, castTo, child, children, text, type Tree } from './sql-tree.ts';
import { commonKind, kindOfType, mustBeBoolean, typeName, type Typed, type ValueKind } from './value-kind.ts';

type Inner = (tree: Tree) => Typed;
type Refuse = (message: string) => Error;

/** SLS reads `1.5` as a double. DuckDB prints the double `1.5e0` as the decimal `1.5`, so that one needs a cast too. */
export function constant(tree: Tree): Typed {
  const value = child(tree, 'value') ?? {};
  const type = text(child(value, 'type') ?? {}, 'id');
  if (value['is_null'] === true) return { tree, kind: 'unknown' };
  if (type === 'HUGEINT') throw parameterInvalid('Invalid numeric literal');
  return type === 'DECIMAL' || type === 'DOUBLE'
    ? { tree: castTo(tree, 'DOUBLE'), kind: 'double' }
    : { tree, kind: kindOfType(type) };
}

/** Translates CASE, and `if`, which DuckDB reads as CASE. */
export function caseExpression(tree: Tree, inner: Inner, refuse: Refuse): Typed {
  const results: Typed[] = [];
  for (const check of children(tree, 'case_checks')) {
    const when = inner(child(check, 'when_expr') ?? {});
    mustBeBoolean(when, 'CASE WHEN clause', refuse);
    check['when_expr'] = when.tree;
    const then = inner(child(check, 'then_expr') ?? {});
    check['then_expr'] = then.tree;
    results.push(then);
  }
  const otherwise = inner(child(tree, 'else_expr') ?? {});
  tree['else_expr'] = otherwise.tree;
  return { tree, kind: oneKind([...results, otherwise], 'CASE results', refuse) };
}

/** Returns the common kind of several expressions; one of unknown kind, such as NULL, fits all. */
export function oneKind(operands: readonly Typed[], what: string, refuse: Refuse): ValueKind {
  const known = operands.map((operand) => operand.kind).filter((kind) => kind !== 'unknown');
  const common = commonKind(known);
  if (common !== 'unknown' || known.length === 0) return common;
  throw refuse(`All ${what} must be the same type: ${known.map(typeName).join(', ')}`);
}

const allowedTypes = new Set(['BIGINT', 'INTEGER', 'DOUBLE', 'VARCHAR', 'BOOLEAN', 'TIMESTAMP', 'DATE']);

/**
 * `cast` and `try_cast`. From text to a number, Java's rules apply, which accept less than DuckDB's. A double becomes
 * text as Java prints it.
 */
export function translateCast(tree: Tree, operand: Typed, refuse: Refuse): Typed {
  const type = text(child(tree, 'cast_type') ?? {}, 'id').toUpperCase();
  if (!allowedTypes.has(type)) throw refuse(`Unknown type: ${type.toLowerCase()}`);
  const kind = kindOfType(type);
  if (operand.kind === 'varchar' && (kind === 'integer' || kind === 'double')) {
    const verb = tree['try_cast'] === true ? 'sls_try_cast' : 'sls_cast';
    const number = call(`${verb}_${kind === 'integer' ? 'bigint' : 'double'}`, [operand.tree]);
    return { tree: type === 'INTEGER' ? castTo(number, type) : number, kind };
  }
  if (operand.kind === 'double' && kind === 'varchar')
    return { tree: call('sls_double_text', [operand.tree]), kind };
  tree['child'] = operand.tree;
  return { tree, kind };
}
