import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';

const script = resolve(import.meta.dirname, 'files-of-a-read.ts');

let passed: { readonly warm: readonly string[]; readonly cold: readonly string[] };

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  passed = JSON.parse(stdout) as typeof passed;
});

it('a warm read passes at most 16 files', () => {
  expect(passed.warm).toContain('reading/reader.ts');
  expect(passed.warm.length, passed.warm.join('\n')).toBeLessThanOrEqual(16);
});

it('a cold read passes at most 45 files', () => {
  expect(passed.cold).toContain('sls/query-text.ts');
  expect(passed.cold.length, passed.cold.join('\n')).toBeLessThanOrEqual(45);
});

it('docs/architecture.md names the files of a warm read, and how many a read passes', async () => {
  const page = await readFile(resolve(import.meta.dirname, '../../../docs/architecture.md'), 'utf8');
  const wayOfARead = page.slice(page.indexOf('## The way of a read'));
  expect(passed.warm.filter((file) => !wayOfARead.includes(`\`${file}\``))).toEqual([]);
  expect(wayOfARead).toContain(`${passed.warm.length} for a warm read, ${passed.cold.length} for a cold one`);
});
