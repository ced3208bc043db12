import { existsSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
});
const pages = listed.trim().split('\n');

/** As GitHub makes them, for headings without links. */
const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the links of', () => {
  it.each(pages)('%s lead somewhere', (page) => {
    const markdown = readFileSync(join(root, page), 'utf8');
    const links = [...markdown.replaceAll(/```[^]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(join(root, file), 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** As git writes them, or as Prettier makes them to a quote within a quote. */
const conflictMark = /^(<{7}|>{7}|={7}$|(> ){6}>)/m;

it('no page has a mark of a merge that was left in it', () => {
  expect(pages.filter((page) => conflictMark.test(readFileSync(join(root, page), 'utf8')))).toEqual([]);
  expect(
    ['>>>>>>> 1a2b (A commit)', '> > > > > > > 1a2b', '=======', '<<<<<<< HEAD'].filter(
      (line) => !conflictMark.test(line),
    ),
  ).toEqual([]);
});
