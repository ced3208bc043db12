/** One line of a file, without its newline. */
export type Line =
  | { readonly kind: 'line'; readonly text: string }
  /** A line longer than the limit, with only its start. */
  | { readonly kind: 'overlong'; readonly start: string; readonly bytes: number };

const newline = 0x0a;
const startBytes = 200;

/**
 * Splits a stream of bytes into lines. It buffers at most `maxLineBytes` of an unfinished line. It decodes whole
 * lines, so a character may be split over two chunks. Bytes that are not UTF-8 become U+FFFD.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  #lineBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Returns the lines that end in this chunk. The caller may reuse the chunk afterwards. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.#buffer(chunk.subarray(from, end));
      lines.push(this.#takeLine());
      from = end + 1;
    }
    this.#buffer(Buffer.from(chunk.subarray(from)));
    return lines;
  }

  /** Returns the last line if it has no newline. */
  end(): Line[] {
    return this.#lineBytes === 0 ? [] : [this.#takeLine()];
  }

  #buffer(bytes: Buffer): void {
    this.#lineBytes += bytes.length;
    const kept = bytes.subarray(0, this.#maxLineBytes - this.#bufferedBytes);
    if (kept.length === 0) return;
    this.#buffered.push(kept);
    this.#bufferedBytes += kept.length;
  }

  #takeLine(): Line {
    const bytes = this.#lineBytes;
    const held = Buffer.concat(this.#buffered);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    this.#lineBytes = 0;
    if (bytes > this.#maxLineBytes)
      return { kind: 'overlong', start: held.toString('utf8', 0, startBytes), bytes };
    return { kind: 'line', text: held.toString('utf8').replace(/\r$/, '') };
  }
}
