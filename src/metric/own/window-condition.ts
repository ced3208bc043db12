import { splitAt } from './dropped-fraction.ts';
import type { SqlNode } from './sql-tokens.ts';

const clauseWords = ['SELECT', 'FROM', 'WHERE', 'GROUP', 'HAVING', 'WINDOW', 'ORDER', 'LIMIT', 'OFFSET'];
const setOperators = ['UNION', 'EXCEPT', 'INTERSECT'];
const joinWords = new Set('AS CROSS FULL INNER JOIN LEFT NATURAL ON RIGHT TABLESAMPLE USING'.split(' '));

const condition = '__time__ >= {from} AND __time__ < {to}';

/**
 * Refuses a SELECT that reads `log` outside the window: the request asks SLS for whole minutes around it, so a SELECT
 * without this condition would count more. SLS reads `log` where FROM is left out.
 *
 * @throws SyntaxError with words that follow the name of the setting: `must …`
 */
export function refuseOutsideWindow(nodes: readonly SqlNode[]): void {
  for (const query of splitAt(nodes, setOperators)) checkSelect(query.nodes);
  for (const node of nodes) if (node.kind === 'group') refuseOutsideWindow(node.nodes);
}

function checkSelect(nodes: readonly SqlNode[]): void {
  const clauses = splitAt(nodes, clauseWords).filter(
    (clause, index, all) => !isDistinctFrom(clause, all[index - 1]),
  );
  if (!clauses.some(({ after }) => after === 'SELECT')) return;
  const from = clauses.find(({ after }) => after === 'FROM')?.nodes;
  const logs = from === undefined ? [{ alias: 'LOG' }] : logsIn(from);
  if (logs.length > 1)
    throw new SyntaxError(`must read log once in a FROM: join SELECTs, each FROM log WHERE ${condition}`);
  const [log] = logs;
  if (log === undefined) return;
  const where = clauses.find(({ after }) => after === 'WHERE')?.nodes ?? [];
  const conditions = conjuncts(where).map((one) => textOf(one, log.alias));
  const hasStart = conditions.some((text) => text === '__TIME__ >= {from}' || text === '{from} <= __TIME__');
  const hasEnd = conditions.some((text) => text === '__TIME__ < {to}' || text === '{to} > __TIME__');
  if (!hasStart || !hasEnd)
    throw new SyntaxError(
      `must keep to the window in each SELECT that reads log: FROM log WHERE ${condition}`,
    );
}

/** `a IS DISTINCT FROM b` begins no clause. */
const isDistinctFrom = (
  { after }: { readonly after: string },
  before: { readonly nodes: readonly SqlNode[] } | undefined,
) => after === 'FROM' && before?.nodes.at(-1)?.key === 'DISTINCT';

/** Returns the alias of each `log` in a FROM clause, also in brackets around joined tables. */
function logsIn(from: readonly SqlNode[]): { readonly alias: string }[] {
  return from.flatMap((node, at) => {
    if (node.kind === 'group')
      return node.nodes.some(({ key }) => key === 'SELECT') ? [] : logsIn(node.nodes);
    if (nameOf(node) !== 'LOG' || from[at - 1]?.key === '.' || from[at + 1]?.key === '.') return [];
    const next = from[at + 1]?.key === 'AS' ? from[at + 2] : from[at + 1];
    const isAlias = next !== undefined && nameOf(next) !== '' && !joinWords.has(next.key);
    return [{ alias: isAlias ? nameOf(next) : 'LOG' }];
  });
}

/** Returns the name in upper case, quoted or not; empty for anything else. */
const nameOf = (node: SqlNode): string =>
  node.kind === 'word' ? node.key : node.kind === 'name' ? node.text.slice(1, -1).toUpperCase() : '';

/** Returns the conditions that must all hold; none of those beside an OR. */
function conjuncts(nodes: readonly SqlNode[]): (readonly SqlNode[])[] {
  if (nodes.some(({ key }) => key === 'OR')) return [];
  return splitAt(nodes, ['AND']).flatMap(({ nodes: one }) => {
    const [only] = one;
    return one.length === 1 && only?.kind === 'group' && only.key === '(' ? conjuncts(only.nodes) : [one];
  });
}

/** Returns a condition as text, without the alias of the table before a column. */
function textOf(nodes: readonly SqlNode[], alias: string): string {
  return nodes
    .map((node) => nameOf(node) || node.key)
    .join(' ')
    .replaceAll(`${alias} . `, '');
}
