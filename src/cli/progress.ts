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

  /**
   * @param share from 0 to 1
   * @param figures what else to show, as far as the line is wide enough
   */
  readonly show = (share: number, figures = ''): void => {
    if (!this.#stream.isTTY) return;
    const full = Math.round(share * width);
    const line = `${this.#label} [${'#'.repeat(full)}${' '.repeat(width - full)}] ${Math.floor(share * 100)} %  ${figures}`;
    const text = line.slice(0, (this.#stream.columns || 80) - 1).trimEnd();
    if (text === this.#shown) return;
    this.#stream.write(`\r${text.padEnd(this.#shown.length)}`);
    this.#shown = text;
  };

  /** Clears the line. */
  [Symbol.dispose](): void {
    if (this.#shown !== '') this.#stream.write(`\r${' '.repeat(this.#shown.length)}\r`);
  }
}
