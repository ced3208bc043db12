import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { fakeIo } from '../support/fake-io.ts';

const root = resolve(import.meta.dirname, '../..');

it('`explain` proves a refusal with the command and the lines of docs/access.md', async () => {
  const page = readFileSync(join(root, 'docs/access.md'), 'utf8');
  const [, command = '', lines = ''] =
    /```sh\nsls-metrics-adapter (explain [^`]+)```\n\n```text\n([^`]+)```/.exec(page) ?? [];
  const words = command.replaceAll('\\\n', ' ').trim().split(/\s+/);
  const fake = fakeIo();
  const inRoot = words.map((word) => (word.endsWith('.yaml') ? join(root, word) : word));
  expect(await runProgram(inRoot, fake.io)).toBe(1);
  expect(lines).not.toBe('');
  expect(fake.stdout()).toContain(lines);
});
