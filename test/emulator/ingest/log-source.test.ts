import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Line } from '../../../emulator/ingest/line-splitter.ts';
import { openLogSource, sourceLines } from '../../../emulator/ingest/log-source.ts';
import { streamLines } from '../../../emulator/ingest/pipe.ts';
import { logLine } from '../../support/access-log.ts';
import { waitFor } from '../../support/wait-for.ts';

let directory: string;
let ending: AbortController;
const noStdin = (): Readable => new PassThrough();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'source-'));
  ending = new AbortController();
});

afterEach(async () => {
  ending.abort();
  await rm(directory, { recursive: true });
});

function makeFifo(): string {
  const path = join(directory, 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

/** Appends the text of all lines to `lines`, and returns it at their end. */
async function textOf(batches: AsyncIterable<Line[]>, lines: string[] = []): Promise<string[]> {
  for await (const batch of batches)
    lines.push(...batch.map((line) => (line.kind === 'line' ? line.text : 'overlong')));
  return lines;
}

/** Reads a path in the background. */
function reading(path: string, follow: boolean) {
  const lines: string[] = [];
  const done = openLogSource(path, follow, noStdin).then((source) =>
    textOf(sourceLines(source, follow, ending.signal), lines),
  );
  return { lines, done };
}

describe('a log from a FIFO', () => {
  it('waits for its writer, and ends with it', async () => {
    const path = makeFifo();
    const { lines, done } = reading(path, false);
    await writeFile(path, 'a\nb\nlast without newline');
    await done;
    expect(lines).toEqual(['a', 'b', 'last without newline']);
  });

  it('goes on with the next writer if it follows, until the signal', async () => {
    const path = makeFifo();
    const { lines, done } = reading(path, true);
    await writeFile(path, 'a\n');
    await waitFor(() => lines.length === 1);
    await writeFile(path, 'b\n');
    await waitFor(() => lines.length === 2);
    ending.abort();
    await done;
  });

  it('is found if it is made after the start', async () => {
    const { lines, done } = reading(join(directory, 'fifo'), true);
    await writeFile(makeFifo(), 'a\n');
    await waitFor(() => lines.length === 1);
    ending.abort();
    await done;
  });

  it('ends at once with the signal while there is no writer', async () => {
    const { done } = reading(makeFifo(), false);
    ending.abort();
    await done;
  });
});

describe('a log from a stream', () => {
  it('is read until its end', async () => {
    const stream = new PassThrough();
    stream.write('a\nb');
    stream.end('c\nd');
    expect(await textOf(streamLines(stream, ending.signal))).toEqual(['a', 'bc', 'd']);
  });

  it('ends at once with the signal', async () => {
    const done = textOf(streamLines(new PassThrough(), ending.signal));
    ending.abort();
    expect(await done).toEqual([]);
  });
});

describe('a path that is no log', () => {
  it.each(['/dev/null', '/dev/zero'])('%s is refused', async (path) => {
    await expect(openLogSource(path, true, noStdin)).rejects.toThrow('is a device, not a file or a pipe');
  });

  it('a directory, a socket and a missing file are refused', async () => {
    await mkdir(join(directory, 'logs'));
    await using server = createServer().listen(join(directory, 'socket'));
    await once(server, 'listening');
    const refused = (name: string) => openLogSource(join(directory, name), false, noStdin);
    await expect(refused('logs')).rejects.toThrow('is a directory');
    await expect(refused('socket')).rejects.toThrow('is a socket, not a file or a pipe');
    await expect(refused('missing')).rejects.toThrow('cannot be read (ENOENT)');
  });
});

describe('emulate with its own standard input', () => {
  const main = resolve(import.meta.dirname, '../../../emulator/main.ts');
  const flags = (path: string) => `${process.execPath} ${main} --listen 127.0.0.1:0 --access-log ${path}`;

  /** Runs a shell command until its output matches, then ends it. Returns the exit code and the output. */
  async function run(command: string, stdin: string | undefined, until: RegExp): Promise<string> {
    const child = spawn('bash', ['-c', `exec ${command}`], {
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => (output += String(chunk)));
    child.stdin?.end(stdin);
    try {
      await waitFor(() => until.test(output), `${String(until)} in ${output}`);
    } finally {
      child.kill('SIGTERM');
    }
    if (child.exitCode === null) await once(child, 'exit');
    return `${child.exitCode}: ${output}`;
  }

  it.each([
    ['a socket', flags('-'), `${logLine()}\n`],
    ['a pipe of its own', flags(`<(echo '${logLine()}')`), undefined],
  ])('reads %s', async (_, command, stdin) => {
    expect(await run(command, stdin, /lines read/)).toMatch(/^0: .*: 1 lines read, 0 unparsed\n/s);
  });
});
