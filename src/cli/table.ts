import Table from 'cli-table3';

const borders = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) =>
  ['', '-mid', '-left', '-right'].map((part) => `${side}${part}`),
);
const noBorders = { ...Object.fromEntries(borders.map((name) => [name, ''])), middle: '  ' };

/** Aligns columns with spaces, like kubectl. Columns of numbers are aligned to the right. */
export function alignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumeric = (column: number) =>
    rows.length > 0 && rows.every((row) => /^[\d.,-]+[a-z%]*$/.test(row[column] ?? ''));
  const table = new Table({
    chars: noBorders,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (isNumeric(column) ? 'right' : 'left')),
  });
  table.push([...head], ...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
