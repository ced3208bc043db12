import { splitAt, type SqlNode } from './sql-tokens.ts';

const counting = new Set(['COUNT', 'COUNT_IF', 'APPROX_DISTINCT', 'CARDINALITY', 'LENGTH']);

/** Functions whose result is whole if their arguments are. */
const keeping = new Set(
  'ABS ARBITRARY CEIL CEILING COALESCE FLOOR GREATEST LEAST MAX MIN MOD NULLIF ROUND SUM'.split(' '),
);

const wholeTypes = new Set(['BIGINT', 'INTEGER', 'INT', 'SMALLINT', 'TINYINT']);

/** Words that may stand before a parenthesis without being a function. */
const keywords = new Set(
  'ALL AND AS BETWEEN BY DISTINCT EXISTS FROM HAVING IN IS LIKE NOT ON OR SELECT USING WHERE'.split(' '),
);

/**
 * Refuses the division of one whole number by another, because SQL drops its fraction without a warning. Only what is
 * whole for certain counts, such as `count(*) / 60`: the type of a column is not known here.
 *
 * @throws SyntaxError with words that follow the name of the setting: `must …`
 */
export const refuseDroppedFraction = (nodes: readonly SqlNode[]): void => void areWhole(nodes);

/** Says of each expression in a list whether it is a whole number for certain. */
const areWhole = (nodes: readonly SqlNode[]): boolean[] =>
  splitAt(nodes, [',']).map((item) => isWhole(item.nodes));

function isWhole(nodes: readonly SqlNode[]): boolean {
  /** Of each term of a sum; the last one is what a `*` or a `/` goes on from. */
  const terms: boolean[] = [];
  let operator = '';
  let isArithmetic = true;
  for (const [at, node] of nodes.entries()) {
    const before = nodes[at - 1];
    // The brackets after the name of a function are its call.
    if (isName(node) && nodes[at + 1]?.key === '(') continue;
    const called = node.key === '(' && isName(before) ? before.key : undefined;
    if (node.kind === 'symbol' || keywords.has(node.key)) {
      // A sign after an operator belongs to the number.
      if (operator === '' || !/^[-+]$/.test(node.key)) operator = node.key;
      isArithmetic &&= /^[-+*/%]$/.test(node.key);
      continue;
    }
    const operand = called === undefined ? isWholeOperand(node) : isWholeCall(called, node.nodes);
    // `count(*) FILTER (…)` is what count(*) is.
    if (/^(FILTER|OVER)$/.test(called ?? node.key)) continue;
    const left = /^[*/%]$/.test(operator) ? (terms.pop() ?? false) : true;
    if (operator === '/' && left && operand)
      throw new SyntaxError(
        'must not divide one whole number by another, which drops the fraction: write 1e0 * before them',
      );
    terms.push(operator !== '/' && left && operand);
    operator = '';
  }
  return isArithmetic && terms.length > 0 && terms.every(Boolean);
}

const isName = (node: SqlNode | undefined): node is SqlNode =>
  node?.kind === 'name' || (node?.kind === 'word' && !keywords.has(node.key));

/** `{window}` is sent as a double. Only numbers can be divided, and those of other placeholders may be whole. */
function isWholeOperand(node: SqlNode): boolean {
  if (node.kind === 'number') return /^\d+$/.test(node.key);
  if (node.kind === 'placeholder') return node.key !== '{window}';
  if (node.kind !== 'group') return node.key === '__TIME__';
  if (node.key === 'CASE') {
    const parts = splitAt(node.nodes, ['WHEN', 'THEN', 'ELSE']);
    const wholes = parts.map((part) => isWhole(part.nodes));
    return parts.every(({ after }, index) => wholes[index] === true || !/^(THEN|ELSE)$/.test(after));
  }
  const wholes = areWhole(node.nodes);
  return node.key === '(' && wholes.length === 1 && wholes[0] === true;
}

function isWholeCall(name: string, argumentNodes: readonly SqlNode[]): boolean {
  const wholes = areWhole(argumentNodes);
  if (counting.has(name)) return true;
  if (name === 'CAST' || name === 'TRY_CAST')
    return wholeTypes.has(argumentNodes[argumentNodes.findIndex(({ key }) => key === 'AS') + 1]?.key ?? '');
  const results = name === 'IF' ? wholes.slice(1) : keeping.has(name) ? wholes : [];
  return results.length > 0 && results.every(Boolean);
}
