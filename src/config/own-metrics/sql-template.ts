import { refuseDroppedFraction } from './dropped-fraction.ts';
import { readSql, splitAt, type SqlNode } from './sql-tokens.ts';

/** What `sql` selects: the number, and the count of lines that it is from. */
export const valueColumn = 'value';
const linesColumn = 'lines';

/** Reserved words of Presto that no query contains. */
const writing = new Set('ALTER CREATE DELETE DROP EXECUTE INSERT INTO PREPARE TABLE UPDATE'.split(' '));

/** Words that end an expression outside of parentheses. */
const ends = new Set(
  'AS EXCEPT FROM GROUP HAVING INTERSECT LIMIT OFFSET ORDER UNION VALUES WHERE WITH'.split(' '),
);

/** Words that begin a part of a SELECT. */
const clauses = 'SELECT FROM WHERE GROUP HAVING WINDOW ORDER LIMIT OFFSET'.split(' ');

/** Those that may be columns too, so that an OR after one may belong to the conditions. */
const possibleColumns = ['WINDOW', 'LIMIT', 'OFFSET'];

/** Words that may follow a table, and so are no alias of it. */
const joins = new Set('AS CROSS FULL INNER JOIN LEFT NATURAL ON RIGHT TABLESAMPLE USING'.split(' '));

/** Words after which a name is an operand, not the alias of what is before it. */
const operators = new Set('AND BETWEEN ESCAPE FROM IN IS LIKE NOT OR'.split(' '));

/**
 * Checks that the text is one expression: the adapter writes the query around it, so it must not add a column, change
 * the conditions or end the statement. Its grammar is left to SLS.
 *
 * @throws SyntaxError with words that follow the name of the setting: `must …`
 */
export function checkAggregate(sql: string): void {
  const nodes = readSql(sql);
  const words = wordsOf(nodes);
  refuseWriting(words);
  if (words.some(({ key }) => key === 'SELECT'))
    throw new SyntaxError('must not have a query in it: a whole SELECT belongs in sql');
  const end = nodes.find(({ kind, key }) => key === ',' || (kind === 'word' && ends.has(key)));
  if (end !== undefined)
    throw new SyntaxError(`must be one expression, which ends before ${end.text} at character ${end.at}`);
  refuseDroppedFraction(nodes);
}

/**
 * Checks that the text is one SELECT of one number and its count of lines, over the window. Its grammar is left to SLS.
 *
 * @throws SyntaxError with words that follow the name of the setting: `must …`
 */
export function checkQuery(sql: string): void {
  const nodes = readSql(sql);
  refuseWriting(wordsOf(nodes));
  if (nodes[0]?.key !== 'SELECT' && nodes[0]?.key !== 'WITH')
    throw new SyntaxError('must begin with SELECT or WITH');
  const selected = splitAt(nodes, ['SELECT', 'FROM']).find(({ after }) => after === 'SELECT')?.nodes ?? [];
  const names = splitAt(selected, [',']).map((item) => columnName(item.nodes));
  if (names.join(' ') !== `${valueColumn} ${linesColumn}`)
    throw new SyntaxError(
      `must select two columns, … AS ${valueColumn} and count(*) AS ${linesColumn}: the number, and how many lines it is from`,
    );
  refuseOutsideWindow(nodes);
  refuseDroppedFraction(nodes);
}

/** Returns the name of a selected column: its alias, with or without AS, else the column's own. Empty: it has none. */
function columnName(nodes: readonly SqlNode[]): string {
  const [before, last] = [nodes.at(-2), nodes.at(-1)];
  const isOperand = before?.kind === 'symbol' ? before.key !== '.' : operators.has(before?.key ?? '');
  if (isOperand || (last?.kind !== 'word' && last?.kind !== 'name')) return '';
  return last.kind === 'word' ? last.text : last.text.slice(1, -1).replaceAll('""', '"');
}

const wordsOf = (nodes: readonly SqlNode[]): SqlNode[] =>
  nodes.flatMap((node) => (node.kind === 'word' ? [node] : wordsOf(node.nodes)));

function refuseWriting(words: readonly SqlNode[]): void {
  const found = words.find(({ key }) => writing.has(key));
  if (found !== undefined) throw new SyntaxError(`must only read: ${found.text} is refused`);
}

const condition = '__time__ >= {from} AND __time__ < {to}';

/**
 * Refuses a SELECT that reads `log` outside the window: the request asks SLS for whole minutes around it, so a SELECT
 * without this condition would count more. SLS reads `log` where FROM is left out.
 */
function refuseOutsideWindow(nodes: readonly SqlNode[]): void {
  for (const query of splitAt(nodes, ['UNION', 'EXCEPT', 'INTERSECT'])) checkSelect(query.nodes);
  for (const node of nodes) refuseOutsideWindow(node.nodes);
}

function checkSelect(query: readonly SqlNode[]): void {
  const split = splitAt(query, clauses);
  const parts = new Map(split.map(({ after, nodes }) => [after, nodes]));
  if (!parts.has('SELECT')) return;
  const from = parts.get('FROM');
  const [alias, ...others] = from === undefined ? ['LOG'] : logsIn(from);
  if (others.length > 0)
    throw new SyntaxError(`must read log once in a FROM: join SELECTs, each FROM log WHERE ${condition}`);
  if (alias === undefined) return;
  const conditions = conjuncts(parts.get('WHERE') ?? []).map((one) => textOf(one, alias));
  const hasStart = conditions.some((text) => text === '__TIME__ >= {from}' || text === '{from} <= __TIME__');
  const hasEnd = conditions.some((text) => text === '__TIME__ < {to}' || text === '{to} > __TIME__');
  const hasLateOr = split.some(
    ({ after, nodes }) => possibleColumns.includes(after) && nodes.some(({ key }) => key === 'OR'),
  );
  if (!hasStart || !hasEnd || hasLateOr)
    throw new SyntaxError(
      `must keep to the window in each SELECT that reads log: FROM log WHERE ${condition}`,
    );
}

/** Returns the alias of each `log` in a FROM clause, also in brackets around joined tables. */
function logsIn(from: readonly SqlNode[]): string[] {
  return from.flatMap((node, at) => {
    if (node.kind === 'group')
      return node.nodes.some(({ key }) => key === 'SELECT') ? [] : logsIn(node.nodes);
    if (nameOf(node) !== 'LOG' || from[at - 1]?.key === '.' || from[at + 1]?.key === '.') return [];
    const next = from[at + 1]?.key === 'AS' ? from[at + 2] : from[at + 1];
    return next === undefined || nameOf(next) === '' || joins.has(next.key) ? 'LOG' : nameOf(next);
  });
}

/** Returns the name in upper case, quoted or not; empty for anything else. */
const nameOf = ({ kind, key, text }: SqlNode): string =>
  kind === 'word' ? key : kind === 'name' ? text.slice(1, -1).toUpperCase() : '';

/** Returns the conditions that must all hold; none of those beside an OR. */
function conjuncts(nodes: readonly SqlNode[]): (readonly SqlNode[])[] {
  if (nodes.some(({ key }) => key === 'OR')) return [];
  return splitAt(nodes, ['AND']).flatMap(({ nodes: one }) =>
    one.length === 1 && one[0]?.key === '(' ? conjuncts(one[0].nodes) : [one],
  );
}

/** Returns a condition as text, without the alias of the table before a column. */
const textOf = (nodes: readonly SqlNode[], alias: string): string =>
  nodes
    .map((node) => nameOf(node) || node.key)
    .join(' ')
    .replaceAll(`${alias} . `, '');
