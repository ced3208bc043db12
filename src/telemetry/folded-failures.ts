/** How long the repeats of a line are counted before they are told. */
export const foldMs = 60_000;

/** More at a time are each told. */
const maxFolds = 10_000;

interface Fold {
  repeats: number;
  /** Tells of the last repeat, with how many there were. */
  last: ((repeats: number) => void) | undefined;
}

/** Tells the first of equal lines at once, and the others of the minute after it in one line with their count. */
export class FoldedFailures {
  readonly #folds = new Map<string, Fold>();

  /** @param write one line; `repeats`: for how many it stands, undefined for the first */
  tell(key: string, write: (repeats: number | undefined) => void): void {
    const fold = this.#folds.get(key);
    if (fold !== undefined) {
      fold.repeats += 1;
      fold.last = write;
      return;
    }
    write(undefined);
    if (this.#folds.size >= maxFolds) return;
    const begun: Fold = { repeats: 0, last: undefined };
    this.#folds.set(key, begun);
    this.#unfoldLater(key, begun);
  }

  /** One that goes on to repeat is told once a minute. */
  #unfoldLater(key: string, fold: Fold): void {
    const timer = setTimeout(() => {
      const { repeats, last } = fold;
      if (last === undefined) {
        this.#folds.delete(key);
        return;
      }
      fold.repeats = 0;
      fold.last = undefined;
      this.#unfoldLater(key, fold);
      last(repeats);
    }, foldMs);
    timer.unref();
  }
}
