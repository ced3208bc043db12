import { fstatSync, constants, type Stats } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';
import type { Line } from './line-splitter.ts';
import { pipeLines, streamLines } from './pipe.ts';
import { tail } from './tail.ts';

/** Where the lines of a log come from. */
export type LogSource =
  | { readonly kind: 'file'; readonly path: string; readonly isMissing?: true }
  /** A pipe with a path: a FIFO, or `<(…)`. Only a FIFO (`isNamed`) can get another writer. */
  | { readonly kind: 'pipe'; readonly path: string; readonly isNamed: boolean }
  /** Standard input that is a pipe, a socket or a terminal. */
  | { readonly kind: 'stream'; readonly stream: Readable };

/** A path that cannot be read. The message is a predicate, such as `is a directory`. */
export class UnreadableLog extends Error {
  override readonly name = 'UnreadableLog';
}

const missingPollMs = 100;
const stdinPaths = ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];

/**
 * Finds out what a path is. `-` is standard input.
 *
 * @param mayBeMissing accepts a path that does not exist yet
 * @throws UnreadableLog whose message says why the path cannot be read, as a predicate: `is a directory`
 */
export async function openLogSource(
  path: string,
  mayBeMissing: boolean,
  stdin: () => Readable,
): Promise<LogSource> {
  if (stdinPaths.includes(path)) return stdinSource(stdin);
  let about: Stats;
  try {
    await access(path, constants.R_OK);
    about = await stat(path);
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && mayBeMissing) return { kind: 'file', path, isMissing: true };
    throw new UnreadableLog(`cannot be read (${code})`, { cause });
  }
  if (about.isFile()) return { kind: 'file', path };
  if (!about.isFIFO()) throw new UnreadableLog(whyNot(about));
  // The path of an anonymous pipe is a link to `pipe:[inode]`, which is no path.
  const isNamed = await realpath(path).then(
    () => true,
    () => false,
  );
  return { kind: 'pipe', path, isNamed };
}

function stdinSource(stdin: () => Readable): LogSource {
  const about = fstatSync(0);
  if (about.isFile()) return { kind: 'file', path: '/dev/stdin' };
  if (about.isFIFO() || about.isSocket() || isatty(0)) return { kind: 'stream', stream: stdin() };
  throw new UnreadableLog(whyNot(about));
}

function whyNot(about: Stats): string {
  if (about.isDirectory()) return 'is a directory';
  return `is a ${about.isSocket() ? 'socket' : 'device'}, not a file or a pipe`;
}

/**
 * Yields the lines of a log in batches. With `follow`, it ends with the signal, or when the writer of a pipe has gone
 * and no other can come.
 */
export function sourceLines(
  source: LogSource,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<Line[], void, void> {
  if (source.kind === 'stream') return streamLines(source.stream, signal);
  if (source.kind === 'file') return fileLines(source.path, follow, signal);
  const { path, isNamed } = source;
  return pipeLines({ path, untilSignal: follow && isNamed, waitsForWriter: isNamed, signal });
}

/** Once a file that did not exist yet is there, it may turn out to be a FIFO. */
async function* fileLines(
  path: string,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<Line[], void, void> {
  while (follow && !signal.aborted && !(await exists(path)))
    await sleep(missingPollMs, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) return;
  const { kind } = follow ? await openLogSource(path, true, noStdin) : { kind: 'file' };
  yield* kind === 'pipe'
    ? pipeLines({ path, untilSignal: true, waitsForWriter: true, signal })
    : tail({ path, follow, signal });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function noStdin(): never {
  throw new Error('standard input is no file');
}
