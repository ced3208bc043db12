/** How long repeats of a line are counted before one line summarises them. */
export const summaryMs = 60_000;

/** Bounds the memory. Beyond it, every line is logged. */
const maxKeys = 10_000;

interface Repeats {
  count: number;
  write: ((repeats: number) => void) | undefined;
}

/** Logs the first occurrence of a line immediately, then one summary with a count per minute. */
export class RepeatLimiter {
  /** @bound {maxKeys} lines | not counted in bytes yet | none yet | a constant */
  readonly #byKey = new Map<string, Repeats>();

  /**
   * @param key equal for lines that repeat each other
   * @param write logs one line; `repeats`: how many occurrences it stands for, undefined for the first one
   */
  log(key: string, write: (repeats: number | undefined) => void): void {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.write = write;
      return;
    }
    write(undefined);
    if (this.#byKey.size >= maxKeys) return;
    const repeats: Repeats = { count: 0, write: undefined };
    this.#byKey.set(key, repeats);
    const timer = setInterval(() => {
      const { count, write } = repeats;
      repeats.count = 0;
      repeats.write = undefined;
      if (write !== undefined) write(count);
      else {
        this.#byKey.delete(key);
        clearInterval(timer);
      }
    }, summaryMs);
    timer.unref();
  }
}
