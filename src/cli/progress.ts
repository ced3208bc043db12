const width = 30;

/** Shows how far a long command has come, on one line of a terminal. Prints nothing elsewhere. */
export class ProgressBar implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #label: string;
  #shown = '';

  constructor(stream: NodeJS.WriteStream, label: string) {
    this.#stream = stream;
    this.#label = label;
  }

  /** @param share from 0 to 1 */
  readonly show = (share: number): void => {
    if (!this.#stream.isTTY) return;
    const full = Math.round(share * width);
    const text = `${this.#label} [${'#'.repeat(full)}${' '.repeat(width - full)}] ${Math.floor(share * 100)} %`;
    if (text === this.#shown) return;
    this.#shown = text;
    this.#stream.write(`\r${text}`);
  };

  /** Clears the line. */
  [Symbol.dispose](): void {
    if (this.#shown !== '') this.#stream.write(`\r${' '.repeat(this.#shown.length)}\r`);
  }
}
