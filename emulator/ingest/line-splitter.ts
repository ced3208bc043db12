/** One line of a file, without its end. */
export type Line =
  | { readonly kind: 'line'; readonly text: string }
  /** Longer than may be kept: only how it starts. */
  | { readonly kind: 'overlong'; readonly start: string; readonly bytes: number };

const newline = 0x0a;
const startBytes = 200;

/**
 * Bytes in, whole lines out. Holds at most `maxLineBytes` of an unfinished line, whatever its length.
 * Lines are decoded only when whole, so that a character may be cut between two chunks; bytes that are not UTF-8
 * become U+FFFD.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #lineBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** The lines that end in this chunk. The chunk may be reused afterwards. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.#hold(chunk.subarray(from, end));
      lines.push(this.#take());
      from = end + 1;
    }
    this.#hold(Buffer.from(chunk.subarray(from)));
    return lines;
  }

  /** The last line, if the file ended without ending it. */
  end(): Line[] {
    return this.#lineBytes === 0 ? [] : [this.#take()];
  }

  #hold(bytes: Buffer): void {
    this.#lineBytes += bytes.length;
    const kept = bytes.subarray(0, this.#maxLineBytes - this.#heldBytes);
    if (kept.length === 0) return;
    this.#held.push(kept);
    this.#heldBytes += kept.length;
  }

  #take(): Line {
    const bytes = this.#lineBytes;
    const held = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#lineBytes = 0;
    if (bytes > this.#maxLineBytes)
      return { kind: 'overlong', start: held.toString('utf8', 0, startBytes), bytes };
    return { kind: 'line', text: held.toString('utf8').replace(/\r$/, '') };
  }
}
