import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineSplitter, type Line } from './line-splitter.ts';

const chunkBytes = 256 * 1024;
const pollMs = 100;
const maxLineBytes = 1024 * 1024;

interface PipeOptions {
  readonly path: string;
  /** If true, reads until the signal: after a writer the next one. If false, ends with the first writer. */
  readonly untilSignal: boolean;
  /** If true, waits for the first writer. */
  readonly waitsForWriter: boolean;
  readonly signal: AbortSignal;
}

/** Yields the lines of a pipe that has a path. It never blocks, so it ends at once with the signal. */
export async function* pipeLines(options: PipeOptions): AsyncGenerator<Line[], void, void> {
  const { path, untilSignal, waitsForWriter, signal } = options;
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const lines = new LineSplitter(maxLineBytes);
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let hadWriter = !waitsForWriter;
  try {
    while (!signal.aborted) {
      const bytes = await readSome(handle, chunk);
      if (bytes !== 0) hadWriter = true;
      if (typeof bytes === 'number' && bytes > 0) {
        yield lines.push(chunk.subarray(0, bytes));
        continue;
      }
      if (bytes === 0 && hadWriter) {
        // The last writer has closed the pipe. Its last line may have no newline.
        yield lines.end();
        if (!untilSignal) return;
        hadWriter = false;
      }
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await handle.close();
  }
}

/** Returns the bytes read, 0 if the pipe has no writer, or `empty` if its writer has written nothing new. */
async function readSome(handle: FileHandle, chunk: Buffer): Promise<number | 'empty'> {
  try {
    return (await handle.read(chunk, 0, chunk.length, null)).bytesRead;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 'empty';
    throw error;
  }
}

/** Yields the lines of a stream until it ends, or the signal aborts. */
export async function* streamLines(
  stream: Readable,
  signal: AbortSignal,
): AsyncGenerator<Line[], void, void> {
  const lines = new LineSplitter(maxLineBytes);
  try {
    for await (const chunk of addAbortSignal(signal, stream)) yield lines.push(chunk as Buffer);
    yield lines.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
