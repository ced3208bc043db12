import { setImmediate as nextTurn } from 'node:timers/promises';

/** For work on thousands of things: others have their turn between two of them, once those before took long enough. */
export class Turns {
  readonly #longestMs: number;
  #beganMs = performance.now();

  /** @param longestMs a request takes several turns from its first byte to the last of its answer, so this is short */
  constructor(longestMs = 0.1) {
    this.#longestMs = longestMs;
  }

  /** Whether it is the others' turn. */
  isOver(): boolean {
    return performance.now() - this.#beganMs >= this.#longestMs;
  }

  /** Resolves once the others had it. */
  async next(): Promise<void> {
    await nextTurn();
    this.#beganMs = performance.now();
  }
}
