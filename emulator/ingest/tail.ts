import { setTimeout as sleep } from 'node:timers/promises';
import { FollowedFile } from './followed-file.ts';
import type { Line } from './line-splitter.ts';

/** What to read, and for how long. */
export interface TailOptions {
  readonly path: string;
  /** Keep reading what is appended, until the signal; false: read to the end once. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** How often to look for more. Default 100 ms. */
  readonly pollMs?: number;
  /** How long a rotated file may stay silent before it is let go. Default 2 s: its writer reopens after the rename. */
  readonly rotatedGraceMs?: number;
  /** Longer lines are cut. Default 1 MiB. */
  readonly maxLineBytes?: number;
}

interface Rotated {
  readonly file: FollowedFile;
  silentPolls: number;
}

/**
 * The lines of a file in batches, from its start. Following, it waits for a file that is not there yet, goes on in
 * the new file when the path is renamed away (reading both until the old one falls silent), and starts over when the
 * file is truncated. Not seen: a file rotated twice within one poll, and one truncated and refilled within one poll.
 *
 * @throws Error if there is no such file and it does not follow, or if it cannot be read.
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

/** Yields all there is for now; returns whether there was nothing. */
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
