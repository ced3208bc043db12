import { sqlFunction, type SqlFunction } from './functions.ts';
import { call, child, children, coalesce, integerLiteral, text, type Tree } from './sql-tree.ts';
import { commonKind, isNumeric, mustBeBoolean, typeName, type Typed, type ValueKind } from './value-kind.ts';

type Inner = (tree: Tree) => Typed;
type Refuse = (message: string) => Error;

const likeOperators = new Set(['~~', '!~~']);
/** Functions whose arguments must be of one kind. */
const mustAgree = new Set(['greatest', 'least', 'nullif']);
const arithmetic = new Set(['+', '-', '*', '/', '%']);

/** Translates operators, functions, aggregates and window functions. */
export function translateCall(tree: Tree, inner: Inner, refuse: Refuse): Typed {
  const operands = children(tree, 'children').map(inner);
  tree['children'] = operands.map((operand) => operand.tree);
  translateClauses(tree, inner, refuse);
  const name = text(tree, 'function_name').toLowerCase();
  if (tree['is_operator'] === true) return operator(tree, name, operands, refuse);
  const found = sqlFunction(name);
  if (!found) throw refuse(`Function ${name} not registered`);
  checkOperands(name, found, operands, refuse);
  const kind = resultKind(found, operands);
  if (name === 'concat') return concat(tree, operands);
  if (name === 'approx_distinct') return { tree: Object.assign(tree, exactDistinct), kind };
  if (name === 'date_format') return { tree: call('strftime', operands.map(strftimeFormat)), kind };
  tree['function_name'] = found.name;
  tree['schema'] = '';
  return name === 'count_if' ? { tree: coalesce(tree, integerLiteral(0)), kind } : { tree, kind };
}

const exactDistinct = { function_name: 'count', distinct: true };

/** Translates FILTER, ORDER BY and OVER. */
function translateClauses(tree: Tree, inner: Inner, refuse: Refuse): void {
  for (const key of ['filter', 'filter_expr', 'start_expr', 'end_expr', 'offset_expr', 'default_expr']) {
    const expression = child(tree, key);
    if (!expression) continue;
    const typed = inner(expression);
    if (key.startsWith('filter')) mustBeBoolean(typed, 'FILTER clause', refuse);
    tree[key] = typed.tree;
  }
  tree['partitions'] = children(tree, 'partitions').map((expression) => inner(expression).tree);
  const orders = [
    ...children(tree, 'orders'),
    ...children(tree, 'arg_orders'),
    ...children(child(tree, 'order_bys') ?? {}, 'orders'),
  ];
  for (const order of orders) order['expression'] = inner(child(order, 'expression') ?? {}).tree;
}

function operator(tree: Tree, sign: string, operands: readonly Typed[], refuse: Refuse): Typed {
  const kinds = operands.map((operand) => operand.kind);
  const wrong = (allowed: (kind: ValueKind) => boolean) =>
    kinds.some((kind) => kind !== 'unknown' && !allowed(kind));
  const complain = () => refuse(`'${sign}' cannot be applied to ${kinds.map(typeName).join(', ')}`);
  if (likeOperators.has(sign)) {
    if (wrong((kind) => kind === 'varchar'))
      throw refuse('Left side of LIKE expression must evaluate to a varchar');
    return { tree, kind: 'boolean' };
  }
  if (sign === '||') {
    if (wrong((kind) => kind === 'varchar')) throw complain();
    return { tree, kind: 'varchar' };
  }
  if (!arithmetic.has(sign)) throw refuse(`mismatched input '${sign}'`);
  if (wrong(isNumeric)) throw complain();
  if (sign === '/') return divide(tree, operands);
  const kind = commonKind(kinds);
  return sign === '%'
    ? {
        tree: call(
          'sls_modulo',
          operands.map((operand) => operand.tree),
        ),
        kind,
      }
    : { tree, kind };
}

/** `/` of integers drops the fraction and fails for a zero divisor. Other numbers divide as IEEE doubles. */
function divide(tree: Tree, operands: readonly Typed[]): Typed {
  const kind = commonKind(operands.map((operand) => operand.kind));
  const trees = operands.map((operand) => operand.tree);
  if (kind === 'integer') return { tree: call('sls_divide', trees), kind };
  if (kind === 'unknown' && !operands.some((operand) => operand.kind === 'double'))
    tree['function_name'] = '//';
  return { tree, kind: kind === 'unknown' && text(tree, 'function_name') === '/' ? 'double' : kind };
}

function checkOperands(name: string, found: SqlFunction, operands: readonly Typed[], refuse: Refuse): void {
  const given = operands.map((operand) => typeName(operand.kind)).join(', ');
  const fits = operands.every(({ kind }, position) => {
    const wanted = found.integersAt?.includes(position) === true ? 'integer' : found.takes;
    if (kind === 'unknown' || wanted === undefined) return true;
    return wanted === 'number' ? isNumeric(kind) : kind === wanted;
  });
  const mixed = mustAgree.has(name) && commonKind(operands.map((operand) => operand.kind)) === 'unknown';
  if (!fits || (mixed && operands.every(({ kind }) => kind !== 'unknown')))
    throw refuse(`Unexpected parameters (${given}) for function ${name}`);
  if (name === 'approx_percentile' && operands.length !== 2)
    throw refuse(`Unexpected parameters (${given}) for function ${name}`);
}

function resultKind(found: SqlFunction, operands: readonly Typed[]): ValueKind {
  if (found.returns === 'argument') return operands[0]?.kind ?? 'unknown';
  if (found.returns === 'arguments') return commonKind(operands.map((operand) => operand.kind));
  return found.returns;
}

/** In SLS, concat is NULL if one part is. DuckDB's concat skips NULL, but its `||` returns NULL. */
function concat(tree: Tree, operands: readonly Typed[]): Typed {
  const [first, ...others] = operands.map((operand) => operand.tree);
  const joined = others.reduce<Tree>(
    (left, right) => ({ ...call('||', [left, right]), is_operator: true }),
    first ?? tree,
  );
  return { tree: joined, kind: 'varchar' };
}

/** SLS takes `%i` and `%s` as MySQL does. They are `%M` and `%S` for strftime. */
function strftimeFormat({ tree }: Typed): Tree {
  const value = child(tree, 'value');
  const format = value?.['value'];
  if (!value || typeof format !== 'string') return tree;
  const names: Readonly<Record<string, string>> = { '%i': '%M', '%s': '%S' };
  return { ...tree, value: { ...value, value: format.replace(/%[is]/g, (name) => names[name] ?? name) } };
}
