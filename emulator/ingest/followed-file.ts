import { type FileHandle, open, stat } from 'node:fs/promises';
import { type Line, LineSplitter } from './line-splitter.ts';

const chunkBytes = 256 * 1024;

/** One open file read from its start to wherever it ends now, again and again. It stays itself when renamed. */
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
   * Undefined if there is no such file.
   *
   * @throws Error if it cannot be read, or is not a regular file.
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

  /** Lines completed since the last call, at most a chunk's; undefined when nothing new is there. */
  async read(): Promise<Line[] | undefined> {
    const { bytesRead } = await this.#handle.read(this.#chunk, 0, chunkBytes, this.#position);
    this.#position += bytesRead;
    if (bytesRead > 0) return this.#lines.push(this.#chunk.subarray(0, bytesRead));
    const { size } = await this.#handle.stat();
    if (size >= this.#position) return undefined;
    // Truncated in place (logrotate's copytruncate): what comes next starts at the start.
    this.#position = 0;
    return this.#lines.end();
  }

  /** Whether `path` now names another file than this one; a missing file is not another one. */
  async isReplacedAt(path: string): Promise<boolean> {
    try {
      return identity(await stat(path)) !== this.#id;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Closes the file; returns its last line if that was never ended. */
  async close(): Promise<Line[]> {
    await this.#handle.close();
    return this.#lines.end();
  }
}

/** Holds while the file is open, even unlinked: an inode is not given again before. */
function identity({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}:${ino}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
