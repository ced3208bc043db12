import { refuseDroppedFraction, splitAt } from './dropped-fraction.ts';
import { refuseOutsideWindow } from './window-condition.ts';
import { readSql, type SqlNode, type SqlToken } from './sql-tokens.ts';

/** What `sql` selects: the number, and the count of lines that it is from. */
export const valueColumn = 'value';
const linesColumn = 'lines';

/** Reserved words of Presto that no query contains. */
const writing = new Set('ALTER CREATE DELETE DROP EXECUTE INSERT INTO PREPARE TABLE UPDATE'.split(' '));

/** Words that end an expression outside of parentheses. */
const clauses = new Set(
  'AS EXCEPT FROM GROUP HAVING INTERSECT LIMIT OFFSET ORDER UNION VALUES WHERE WITH'.split(' '),
);

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
  for (const [index, node] of nodes.entries()) {
    const ends = node.kind === 'word' && clauses.has(node.key);
    if (node.kind === 'group' || (node.key !== ',' && !ends)) continue;
    if (node.key === 'FROM' && nodes[index - 1]?.key === 'DISTINCT') continue;
    throw new SyntaxError(`must be one expression, which ends before ${node.text} at character ${node.at}`);
  }
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
  const [first] = nodes;
  if (first?.key !== 'SELECT' && first?.key !== 'WITH')
    throw new SyntaxError('must begin with SELECT or WITH');
  const names = splitAt(selectedBy(nodes), [',']).map((item) => columnName(item.nodes));
  if (names.join(' ') !== `${valueColumn} ${linesColumn}`)
    throw new SyntaxError(
      `must select two columns, … AS ${valueColumn} and count(*) AS ${linesColumn}: the number, and how many lines it is from`,
    );
  refuseOutsideWindow(nodes);
  refuseDroppedFraction(nodes);
}

/** Returns what is between the first SELECT and its FROM. */
function selectedBy(nodes: readonly SqlNode[]): readonly SqlNode[] {
  const isWord = (node: SqlNode | undefined, key: string) => node?.kind === 'word' && node.key === key;
  const start = nodes.findIndex((node) => isWord(node, 'SELECT'));
  const isEnd = (node: SqlNode, at: number) => isWord(node, 'FROM') && !isWord(nodes[at - 1], 'DISTINCT');
  const end = nodes.findIndex((node, at) => at > start && isEnd(node, at));
  return nodes.slice(start + 1, end < 0 ? undefined : end);
}

/** Words after which a name is an operand, not the alias of what is before it. */
const operators = new Set('AND BETWEEN ESCAPE FROM IN IS LIKE NOT OR'.split(' '));

/** Returns the name of a selected column: its alias, with or without AS, else the column's own. Empty: it has none. */
function columnName(nodes: readonly SqlNode[]): string {
  const [before, last] = [nodes.at(-2), nodes.at(-1)];
  const isOperand = before?.kind === 'symbol' ? before.key !== '.' : operators.has(before?.key ?? '');
  if (isOperand || (last?.kind !== 'word' && last?.kind !== 'name')) return '';
  return last.kind === 'word' ? last.text : last.text.slice(1, -1).replaceAll('""', '"');
}

const wordsOf = (nodes: readonly SqlNode[]): SqlToken[] =>
  nodes.flatMap((node) => (node.kind === 'group' ? wordsOf(node.nodes) : node.kind === 'word' ? [node] : []));

function refuseWriting(words: readonly SqlToken[]): void {
  const found = words.find(({ key }) => writing.has(key));
  if (found !== undefined) throw new SyntaxError(`must only read: ${found.text} is refused`);
}
