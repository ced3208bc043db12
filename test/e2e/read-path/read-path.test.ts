import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';

const script = resolve(import.meta.dirname, 'files-of-a-read.ts');

let passed: { readonly warm: readonly string[]; readonly cold: readonly string[] };

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  passed = JSON.parse(stdout) as typeof passed;
}, 60_000);

it('a warm read passes at most 16 files', () => {
  expect(passed.warm).toContain('reading/reader.ts');
  expect(passed.warm.length, passed.warm.join('\n')).toBeLessThanOrEqual(16);
});

it('a cold read passes at most 51 files', () => {
  expect(passed.cold).toContain('sls/query-text.ts');
  expect(passed.cold.length, passed.cold.join('\n')).toBeLessThanOrEqual(51);
});
