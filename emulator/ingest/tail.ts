import { setTimeout as sleep } from 'node:timers/promises';
import { FollowedFile } from './followed-file.ts';
import type { Line } from './line-splitter.ts';

/** The file to read, and how. */
export interface TailOptions {
  readonly path: string;
  /** If true, keeps reading what is appended, until the signal. If false, reads once to the end. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Pause between two reads. Default 100 ms. */
  readonly pollMs?: number;
  /**
   * How long a rotated file is read without new lines before it is closed. Its writer may write to it for a moment
   * after the rename. Default 2 s.
   */
  readonly rotatedGraceMs?: number;
  /** Longer lines are truncated. Default 1 MiB. */
  readonly maxLineBytes?: number;
}

interface Rotated {
  readonly file: FollowedFile;
  silentPolls: number;
}

/**
 * Yields the lines of a file in batches, from its start. With `follow`, it waits for a file that does not exist yet. If
 * the file is renamed, it continues with the new file, and reads both until the old one gets no more lines. If the file
 * is truncated, it reads from the start again. It misses a file that is rotated twice within one poll, and one that is
 * truncated and filled again within one poll.
 *
 * @throws Error if the file cannot be read, or if it does not exist and `follow` is false
 */
export async function* tail(options: TailOptions): AsyncGenerator<Line[], void, void> {
  const { path, follow, signal, pollMs = 100, rotatedGraceMs = 2000, maxLineBytes = 1024 * 1024 } = options;
  const rotated = new Set<Rotated>();
  let current = await FollowedFile.open(path, maxLineBytes);
  if (current === undefined && !follow) throw new Error(`there is no file ${path}`);
  try {
    while (!signal.aborted) {
      for (const old of rotated) {
        const silent = yield* drain(old.file, signal);
        old.silentPolls = silent ? old.silentPolls + 1 : 0;
        if (old.silentPolls * pollMs < rotatedGraceMs) continue;
        rotated.delete(old);
        yield* nonEmpty(await old.file.close());
      }
      if (current !== undefined) yield* drain(current, signal);
      if (!follow) break;
      if (current === undefined) {
        current = await FollowedFile.open(path, maxLineBytes);
      } else if (await current.isReplacedAt(path)) {
        rotated.add({ file: current, silentPolls: 0 });
        current = await FollowedFile.open(path, maxLineBytes);
        continue;
      }
      await pause(pollMs, signal);
    }
    if (current !== undefined && !follow && !signal.aborted) yield* nonEmpty(await closeOnce());
  } finally {
    await closeOnce();
    for (const { file } of rotated) await file.close();
  }

  async function closeOnce(): Promise<Line[]> {
    const file = current;
    current = undefined;
    return (await file?.close()) ?? [];
  }
}

/** Yields all lines that are there now. Returns true if there were none. */
async function* drain(file: FollowedFile, signal: AbortSignal): AsyncGenerator<Line[], boolean, void> {
  let silent = true;
  while (!signal.aborted) {
    const lines = await file.read();
    if (lines === undefined) break;
    silent = false;
    yield* nonEmpty(lines);
  }
  return silent;
}

function* nonEmpty(lines: Line[]): Generator<Line[], void, void> {
  if (lines.length > 0) yield lines;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
