import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

const looksLikeAPath = (text: string): boolean =>
  /^[\w.*-]+(\/[\w.*-]*)*$/.test(text) && (/\.(ts|mjs|md|ya?ml|json)$/.test(text) || /^[a-z].*\//.test(text));

/** The example of CONTRIBUTING.md. */
const examples = new Set(['src/a/b.ts', 'test/a/b.test.ts']);

/**
 * Returns the paths of a line that do not exist. A path counts from the root, from `src/`, or from the folder of the path
 * before it in the line.
 */
function missingPaths(line: string): string[] {
  let near = '';
  const exists = (path: string): boolean => globSync(path, { cwd: root }).length > 0;
  return [...line.matchAll(/`([^`]+)`/g)]
    .map(([, text = '']) => text)
    .filter((text) => looksLikeAPath(text) && !examples.has(text))
    .filter((text) => {
      const found = ['', 'src', near, dirname(near)]
        .flatMap((folder) => [join(folder, text), join(folder, `${text}.ts`)])
        .find(exists);
      if (found?.includes('/') === true) near = /\.\w+$/.test(found) ? dirname(found) : found;
      return found === undefined;
    });
}

describe('the paths in', () => {
  it.each(['docs/architecture.md', 'CONTRIBUTING.md'])('%s exist', (page) => {
    expect(textOf(page).split('\n').flatMap(missingPaths)).toEqual([]);
  });
});

it('a path that does not exist is found, also one beside another', () => {
  expect(missingPaths('`src/metric/labels.ts`, `no-such.ts`, `src/gone/`')).toEqual([
    'no-such.ts',
    'src/gone/',
  ]);
});

it('docs/architecture.md has a row for each room of src', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
  const page = textOf('docs/architecture.md');
  expect(
    rooms.filter((room) => !new RegExp(`^\\| \`${room}\` `, 'm').test(page) && room !== 'service/'),
  ).toEqual([]);
});
