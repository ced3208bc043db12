/** A Markdown table: the cells of its head and of its rows. */
export type MarkdownTable = readonly (readonly string[])[];

/** Characters that need a backslash in a cell. */
const special = /[\\|*<]/g;

/** Returns the table as Markdown, one line per row. Prettier aligns it. */
export function printTable([head = [], ...rows]: MarkdownTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const escaped = (row: readonly string[]) => line(row.map(escapeOutsideCode));
  return [escaped(head), line(head.map(() => '---')), ...rows.map(escaped)].join('\n');
}

/**
 * Returns the only table of a document.
 *
 * @throws Error unless there is exactly one
 */
export function readTable(markdown: string): MarkdownTable {
  const blocks = markdown.split(/\n(?!\|)/).filter((block) => /^\|[^\n]*\n\| *-/m.test(block));
  const [only] = blocks;
  if (only === undefined || blocks.length > 1) throw new Error(`${blocks.length} tables instead of one`);
  const [head = '', , ...rows] = only.split('\n').filter((line) => line.startsWith('|'));
  return [head, ...rows].map(cellsOf);
}

const cellsOf = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll(/\\([\\|*<])/g, '$1'));

/** Escapes a cell. In a code span only the bar needs a backslash. */
const escapeOutsideCode = (cell: string): string =>
  cell
    .split('`')
    .map((part, index) => (index % 2 === 1 ? part.replaceAll('|', '\\|') : part.replaceAll(special, '\\$&')))
    .join('`');
