import { windowSeconds, type Window } from '../../metric/sample.ts';
import type { SecondCounts } from '../../sls/second-counts.ts';

/** How many lines a logstore had of each second of a window, as of one moment. */
export interface Probe {
  /** Unix seconds, whole: what was not counted was not there then. */
  readonly asOfSeconds: number;
  /** Ends then or before. */
  readonly window: Window;
  readonly counts: SecondCounts;
}

/** How a reading would have come out. */
export interface Trial {
  /** Lines of its window, as far as they have come in since. */
  readonly lines: number;
  /** Those of them that it would have missed. */
  readonly late: number;
}

/** As long as a reading's window is by default. */
export const trialSeconds = 15;

/** A probe beside what later ones found of the same seconds: tells what any reading at that moment would have missed. */
export class RememberedProbe {
  readonly asOfSeconds: number;
  readonly #window: Window;
  readonly #then: Uint32Array;
  /** The most that was found since: a count that shrinks takes nothing back. */
  readonly #since: Uint32Array;
  /** From here on, the seconds were counted again. */
  #comparedFromSeconds = Infinity;

  constructor({ asOfSeconds, window, counts }: Probe) {
    this.asOfSeconds = asOfSeconds;
    this.#window = window;
    this.#then = new Uint32Array(windowSeconds(window));
    for (let index = 0; index < this.#then.length; index++)
      this.#then[index] = counts.get(window.startSeconds + index) ?? 0;
    this.#since = this.#then.slice();
  }

  /** Whether any second had a line, then or since. */
  get hasLines(): boolean {
    return this.#since.some((lines) => lines > 0);
  }

  /** @param later a probe that was made after this one */
  compare({ window, counts }: Probe): void {
    const { startSeconds, endSeconds } = this.#window;
    const fromSeconds = Math.max(startSeconds, window.startSeconds);
    if (fromSeconds >= Math.min(endSeconds, window.endSeconds)) return;
    this.#comparedFromSeconds = Math.min(this.#comparedFromSeconds, fromSeconds);
    for (let index = fromSeconds - startSeconds; index < this.#since.length; index++) {
      const found = counts.get(startSeconds + index) ?? 0;
      if (found > (this.#since[index] ?? 0)) this.#since[index] = found;
    }
  }

  /**
   * A reading whose window had ended `delaySeconds` before.
   *
   * @returns undefined where some of its seconds were not counted, or not again
   */
  trial(delaySeconds: number): Trial | undefined {
    const endSeconds = this.asOfSeconds - delaySeconds;
    const startSeconds = endSeconds - trialSeconds;
    if (endSeconds > this.#window.endSeconds || startSeconds < this.#comparedFromSeconds) return undefined;
    const first = startSeconds - this.#window.startSeconds;
    let lines = 0;
    let late = 0;
    for (let index = first; index < first + trialSeconds; index++) {
      const since = this.#since[index] ?? 0;
      lines += since;
      late += since - (this.#then[index] ?? 0);
    }
    return { lines, late };
  }
}
