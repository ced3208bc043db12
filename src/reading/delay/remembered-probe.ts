import { windowSeconds, type Window } from '../../metric/sample.ts';
import type { SecondCounts } from '../../sls/second-counts.ts';

/** How many lines a logstore had for each second of a window, at one moment. */
export interface Probe {
  /** When SLS counted, in whole Unix seconds. Lines that were not counted had not arrived then. */
  readonly asOfSeconds: number;
  /** Ends at `asOfSeconds` or before. */
  readonly window: Window;
  readonly counts: SecondCounts;
}

/** What one reading would have counted. */
interface Trial {
  /** Lines of its window, including those that arrived later. */
  readonly lines: number;
  /** How many of these arrived too late for the reading. */
  readonly late: number;
}

/** The default window of a reading. */
export const trialSeconds = 15;

/** A probe and what later probes found for the same seconds: tells what any reading at that moment would have missed. */
export class RememberedProbe {
  readonly asOfSeconds: number;
  readonly #window: Window;
  readonly #countsThen: Uint32Array;
  /** The highest count of each second so far. A lower count found later is ignored. */
  readonly #countsSince: Uint32Array;
  /** Later probes counted the seconds from here on. */
  #comparedFromSeconds = Infinity;

  constructor({ asOfSeconds, window, counts }: Probe) {
    this.asOfSeconds = asOfSeconds;
    this.#window = window;
    this.#countsThen = Uint32Array.from(
      { length: windowSeconds(window) },
      (_, index) => counts.get(window.startSeconds + index) ?? 0,
    );
    this.#countsSince = this.#countsThen.slice();
  }

  /** Whether any second had a line, at the probe or later. */
  get hasLines(): boolean {
    return this.#countsSince.some((lines) => lines > 0);
  }

  /** @param later a probe that was made after this one */
  compare({ window, counts }: Probe): void {
    const { startSeconds, endSeconds } = this.#window;
    const fromSeconds = Math.max(startSeconds, window.startSeconds);
    if (fromSeconds >= Math.min(endSeconds, window.endSeconds)) return;
    this.#comparedFromSeconds = Math.min(this.#comparedFromSeconds, fromSeconds);
    for (let index = fromSeconds - startSeconds; index < this.#countsSince.length; index++) {
      const found = counts.get(startSeconds + index) ?? 0;
      if (found > (this.#countsSince[index] ?? 0)) this.#countsSince[index] = found;
    }
  }

  /**
   * Returns what a reading at that moment, with its window ending `delaySeconds` before, would have counted; undefined if
   * the probe or the later probes did not count all of its seconds.
   */
  trial(delaySeconds: number): Trial | undefined {
    const endSeconds = this.asOfSeconds - delaySeconds;
    const startSeconds = endSeconds - trialSeconds;
    if (endSeconds > this.#window.endSeconds || startSeconds < this.#comparedFromSeconds) return undefined;
    const first = startSeconds - this.#window.startSeconds;
    let lines = 0;
    let late = 0;
    for (let index = first; index < first + trialSeconds; index++) {
      const since = this.#countsSince[index] ?? 0;
      lines += since;
      late += since - (this.#countsThen[index] ?? 0);
    }
    return { lines, late };
  }
}
