import { describe, expect, it } from 'vitest';
import { alignedTable } from '../../src/cli/table.ts';

describe('alignedTable', () => {
  it('aligns text to the left and columns of numbers to the right, with spaces', () => {
    const rows = [
      ['default-web-80', '7.875', '16s'],
      ['a', '120', '-'],
    ];
    expect(alignedTable(['ROUTE', 'VALUE', 'WINDOW'], rows)).toBe(
      [
        'ROUTE           VALUE  WINDOW',
        'default-web-80  7.875     16s',
        'a                 120       -',
      ].join('\n'),
    );
  });

  it('aligns a column that contains text to the left', () => {
    expect(alignedTable(['A'], [['100'], ['x']])).toBe('A\n100\nx');
  });

  it('prints only the head if there are no rows, without trailing spaces', () => {
    expect(alignedTable(['ROUTE', 'VALUE'], [])).toBe('ROUTE  VALUE');
    expect(alignedTable(['ROUTE', 'LONG VALUE'], [['a', 'b']])).toBe('ROUTE  LONG VALUE\na      b');
  });
});
