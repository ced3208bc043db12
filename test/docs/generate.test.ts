import { describe, expect, it } from 'vitest';
import { withTables } from '../../docs/generate/document.ts';

describe('npm run docs', () => {
  it('replaces what stands behind a mark, and nothing else', async () => {
    const table = [
      ['Name', 'Value'],
      ['`a|b`', 'one * two'],
    ];
    const before =
      'Text.\n\n<!-- npm run docs: one -->\n\n| Old |\n| --- |\n\nMore.\n\n| Other |\n| ----- |\n';
    expect(await withTables(before, { one: table }, 'some.md')).toBe(
      [
        'Text.',
        '',
        '<!-- npm run docs: one -->',
        '',
        '| Name   | Value      |',
        '| ------ | ---------- |',
        '| `a\\|b` | one \\* two |',
        '',
        'More.',
        '',
        '| Other |',
        '| ----- |',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['a table that has no place', 'Text.\n', { one: [['A']] }, 'some.md has no mark for one'],
    ['a place that has no table', '<!-- npm run docs: two -->\n\n', {}, 'some.md: there is no table two'],
  ])('says so of %s', async (_, markdown, tables, message) => {
    await expect(withTables(markdown, tables, 'some.md')).rejects.toThrow(message);
  });
});
