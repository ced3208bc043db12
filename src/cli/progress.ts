const [narrowest, widest] = [5, 30];

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
   * @param figures what else to show; the bar is shorter where the line is too narrow for both
   */
  readonly show = (share: number, figures = ''): void => {
    if (!this.#stream.isTTY) return;
    const columns = (this.#stream.columns || 80) - 1;
    const end = `] ${Math.floor(share * 100)} %  ${figures}`.trimEnd();
    const width = Math.max(narrowest, Math.min(widest, columns - `${this.#label} [${end}`.length));
    const bar = '#'.repeat(Math.round(share * width)).padEnd(width);
    const text = `${this.#label} [${bar}${end}`.slice(0, columns);
    if (text === this.#shown) return;
    this.#stream.write(`\r${text.padEnd(this.#shown.length)}`);
    this.#shown = text;
  };

  /** Clears the line. */
  [Symbol.dispose](): void {
    if (this.#shown !== '') this.#stream.write(`\r${' '.repeat(this.#shown.length)}\r`);
  }
}
