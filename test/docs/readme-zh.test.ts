import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const read = (name: string) => readFileSync(resolve(import.meta.dirname, '../..', name), 'utf8');
const [english, chinese] = [read('README.md'), read('README.zh-CN.md')];

const codeBlocks = (markdown: string) =>
  [...markdown.matchAll(/^```(\w+)\n([^]*?)^```/gm)].map(([block]) => block);

/** The code, the numbers with units and the links of each table row, sorted: words and their order differ by language. */
function tableRows(markdown: string): string[][] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('|') && !/^\|[ :-]+\|/.test(line));
  return rows.map((row) => (row.match(/`[^`]+`|\]\([^)]+\)|\d[\d.,]*( ms| s\b)?/g) ?? []).sort());
}

const links = (markdown: string) =>
  [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^README(\.zh-CN)?\.md$/.test(link));

const headings = (markdown: string) => (markdown.match(/^#+ /gm) ?? []).map((mark) => mark.trim());

describe('README.zh-CN.md', () => {
  it('has the commands and examples of README.md', () => {
    expect(codeBlocks(chinese)).toEqual(codeBlocks(english));
    expect(codeBlocks(english).length).toBeGreaterThan(5);
  });

  it('has the tables of README.md, with the same numbers, commands and links', () => {
    expect(tableRows(chinese)).toEqual(tableRows(english));
    expect(tableRows(english).length).toBeGreaterThan(12);
  });

  it('has the sections of README.md, and its links', () => {
    expect(headings(chinese)).toEqual(headings(english));
    expect(links(chinese)).toEqual(links(english));
  });
});
