import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { nginxIngressIndex } from '../../emulator/store/index-config.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (page: string) => readFileSync(resolve(root, page), 'utf8');

it('docs/log-format.md names every field of the index of nginx-ingress, with its type', () => {
  const rows = read('docs/log-format.md').matchAll(/^\|[^|]+\| `(\w+)`[^|]*\| (text|long|double) +\|/gm);
  const fields = [...rows].map(([, name = '', type = '']) => [name, type]);
  expect(Object.fromEntries(fields)).toEqual(nginxIngressIndex.fields);
});

it('all pages name the same bound for the queries of one logstore', () => {
  const [, bound] =
    /SLS queries a minute, 1,000 HPAs on one logstore[^\n]* at most (\d+) /.exec(read('README.md')) ?? [];
  const pages = readdirSync(resolve(root, 'docs')).filter((name) => name.endsWith('.md'));
  const named = pages.flatMap((page) =>
    [...read(`docs/${page}`).matchAll(/at\s+most (\d+) (?:queries\s+a\s+minute|for a logstore)/g)].map(
      ([, count]) => `${page}: ${count}`,
    ),
  );
  expect(bound).toBeDefined();
  expect(named).toEqual([`keda.md: ${bound}`, `keda.md: ${bound}`]);
});
