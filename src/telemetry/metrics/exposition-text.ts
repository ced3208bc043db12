/** What most expositions fit in. */
const firstBytes = 64 * 1024;

/** Text that is put together from thousands of pieces, as bytes at once: strings would be as much garbage again. */
export class ExpositionText {
  #bytes: Buffer;
  #length = 0;

  /** @param lastBytes how long the last one was: this one is a little longer at most, it is likely */
  constructor(lastBytes = 0) {
    this.#bytes = Buffer.allocUnsafe(Math.max(firstBytes, Math.ceil(1.1 * lastBytes)));
  }

  add(text: string): void {
    // No character takes more in UTF-8.
    const mostBytes = this.#length + 3 * text.length;
    if (mostBytes > this.#bytes.length) {
      const longer = Buffer.allocUnsafe(2 * mostBytes);
      this.#bytes.copy(longer, 0, 0, this.#length);
      this.#bytes = longer;
    }
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** All that was added, in UTF-8. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
