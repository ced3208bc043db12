import { setImmediate as nextTurn } from 'node:timers/promises';

/** Splits work on thousands of items into short turns of the event loop, so that requests are answered in between. */
export class Turns {
  readonly #longestMs: number;
  #startMs = performance.now();

  /** @param longestMs a request takes several turns until its response is sent, so this is short */
  constructor(longestMs = 0.1) {
    this.#longestMs = longestMs;
  }

  /** Returns whether to `await next()` before the next item. */
  isOver(): boolean {
    return performance.now() - this.#startMs >= this.#longestMs;
  }

  /** Lets other work run, then starts a new turn. */
  async next(): Promise<void> {
    await nextTurn();
    this.#startMs = performance.now();
  }
}
