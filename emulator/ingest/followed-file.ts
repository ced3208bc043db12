import { type FileHandle, open, stat } from 'node:fs/promises';
import { type Line, LineSplitter } from './line-splitter.ts';

const chunkBytes = 256 * 1024;

/** One open file. Each `read` returns what was added since the last one. Renaming the file does not matter. */
export class FollowedFile {
  readonly #handle: FileHandle;
  readonly #id: string;
  readonly #lines: LineSplitter;
  readonly #chunk = Buffer.allocUnsafe(chunkBytes);
  #position = 0;

  private constructor(handle: FileHandle, id: string, maxLineBytes: number) {
    this.#handle = handle;
    this.#id = id;
    this.#lines = new LineSplitter(maxLineBytes);
  }

  /**
   * Opens the file, or returns undefined if it does not exist.
   *
   * @throws Error if it cannot be read, or is not a regular file
   */
  static async open(path: string, maxLineBytes: number): Promise<FollowedFile | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    const about = await handle.stat();
    if (about.isFile()) return new FollowedFile(handle, identity(about), maxLineBytes);
    await handle.close();
    throw new Error(`${path} is not a regular file`);
  }

  /** Returns the lines that ended in the next chunk, or undefined if there is nothing new. */
  async read(): Promise<Line[] | undefined> {
    const { bytesRead } = await this.#handle.read(this.#chunk, 0, chunkBytes, this.#position);
    this.#position += bytesRead;
    if (bytesRead > 0) return this.#lines.push(this.#chunk.subarray(0, bytesRead));
    const { size } = await this.#handle.stat();
    if (size >= this.#position) return undefined;
    // The file was truncated in place (logrotate's copytruncate), so we read from its start again.
    this.#position = 0;
    return this.#lines.end();
  }

  /** Returns true if another file is at `path` now. A missing file does not count. */
  async isReplacedAt(path: string): Promise<boolean> {
    try {
      return identity(await stat(path)) !== this.#id;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Closes the file. Returns its last line if that has no newline. */
  async close(): Promise<Line[]> {
    await this.#handle.close();
    return this.#lines.end();
  }
}

/** Identifies an open file: its inode is not reused while it is open, even if it is unlinked. */
function identity({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}:${ino}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
