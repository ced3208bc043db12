import { appendFile, copyFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tail, type TailOptions } from '../../../emulator/ingest/tail.ts';
import { waitFor } from '../../support/wait-for.ts';
import { expectWithin, tookMs } from '../../support/own-time.ts';

let directory: string;
let path: string;
let ending: AbortController;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tail-'));
  path = join(directory, 'access.log');
  ending = new AbortController();
});

afterEach(async () => {
  ending.abort();
  await rm(directory, { recursive: true });
});

async function readOnce(options: Partial<TailOptions> = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of tail({ path, follow: false, signal: ending.signal, ...options }))
    lines.push(...batch.map((line) => (line.kind === 'line' ? line.text : `overlong ${line.bytes}`)));
  return lines;
}

function follow(options: Partial<TailOptions> = {}) {
  const lines: string[] = [];
  const done = (async () => {
    for await (const batch of tail({ path, follow: true, signal: ending.signal, ...options }))
      lines.push(...batch.map((line) => (line.kind === 'line' ? line.text : `overlong ${line.bytes}`)));
  })();
  const seen = (...expected: string[]) =>
    waitFor(() => lines.join() === expected.join(), `${expected.join()} in ${path}`).catch(() => {
      expect(lines).toEqual(expected);
    });
  return { lines, done, seen };
}

describe('tail without follow', () => {
  it('reads to the end, with a last line that has no newline', async () => {
    await writeFile(path, 'one\ntwo\nthree');
    expect(await readOnce()).toEqual(['one', 'two', 'three']);
  });

  it('reads a file of many chunks completely', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} ${'ü'.repeat(index % 40)}`);
    await writeFile(path, lines.join('\n'));
    expect(await readOnce()).toEqual(lines);
  });

  it('names a missing file', async () => {
    await expect(readOnce()).rejects.toThrow(`there is no file ${path}`);
  });

  it('refuses a directory', async () => {
    await expect(readOnce({ path: directory })).rejects.toThrow(`${directory} is not a regular file`);
  });

  it('truncates a line at 1 MiB', async () => {
    await writeFile(path, `a\n${'x'.repeat(1024 * 1024 + 1)}\n${'y'.repeat(1024 * 1024)}\nb\n`);
    expect((await readOnce()).map((text) => text.slice(0, 20))).toEqual([
      'a',
      'overlong 1048577',
      'y'.repeat(20),
      'b',
    ]);
  });
});

describe('tail with follow', () => {
  it('yields an appended line within 200 ms', async () => {
    await writeFile(path, 'one\n');
    const { lines, seen } = follow();
    await seen('one');
    const latenciesMs: number[] = [];
    for (const count of [2, 3, 4, 5, 6]) {
      const append = async () => {
        await appendFile(path, 'more\n');
        await waitFor(() => lines.length === count);
      };
      latenciesMs.push(await tookMs(append));
    }
    expectWithin(latenciesMs.sort((a, b) => a - b)[2] ?? NaN, 200);
  });

  it('yields a line only after its newline', async () => {
    await writeFile(path, 'one\ntw');
    const { seen } = follow({ pollMs: 10 });
    await seen('one');
    await appendFile(path, 'o\nthree\n');
    await seen('one', 'two', 'three');
  });

  it('waits for a file that does not exist yet', async () => {
    const { seen } = follow({ pollMs: 10 });
    await writeFile(join(directory, 'other'), '');
    await writeFile(path, 'one\n');
    await seen('one');
  });

  it('continues with the new file after a rename, and still reads the old one', async () => {
    await writeFile(path, 'one\n');
    const { seen } = follow({ pollMs: 10 });
    await seen('one');
    await rename(path, `${path}.1`);
    await appendFile(`${path}.1`, 'two\n');
    await seen('one', 'two');
    await writeFile(path, 'three\n');
    await seen('one', 'two', 'three');
    await appendFile(`${path}.1`, 'late\n');
    await appendFile(path, 'four\n');
    await seen('one', 'two', 'three', 'late', 'four');
  });

  it('closes a rotated file that gets no more lines, and yields its unfinished last line', async () => {
    await writeFile(path, 'one\ncut');
    const { seen } = follow({ pollMs: 10, rotatedGraceMs: 30 });
    await seen('one');
    await rename(path, `${path}.1`);
    await writeFile(path, '');
    await seen('one', 'cut');
  });

  it('follows several rotations in a row', async () => {
    await writeFile(path, '0\n');
    const { seen } = follow({ pollMs: 5 });
    const expected = ['0'];
    await seen(...expected);
    for (let round = 1; round <= 5; round++) {
      await appendFile(path, `${round}a\n`);
      await rename(path, `${path}.${round}`);
      await writeFile(path, `${round}b\n`);
      expected.push(`${round}a`, `${round}b`);
      await seen(...expected);
    }
  });

  it('reads from the start again after copytruncate', async () => {
    await writeFile(path, 'one\ntwo\n');
    const { seen } = follow({ pollMs: 10 });
    await seen('one', 'two');
    await copyFile(path, `${path}.1`);
    await truncate(path);
    await appendFile(path, 'new\n');
    await seen('one', 'two', 'new');
  });

  it('ends without an error when the signal aborts', async () => {
    await writeFile(path, 'one\n');
    const { done, seen } = follow();
    await seen('one');
    ending.abort();
    await expect(done).resolves.toBeUndefined();
  });
});
