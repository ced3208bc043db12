import type { Window } from '../../metric/sample.ts';
import type { SecondCounts } from '../../sls/second-counts.ts';

/** How many lines a logstore had in each second of a time, as SLS counted them last. Immutable. */
export class LineTimeline {
  readonly startSeconds: number;
  /** When SLS counted last, Unix seconds. Seconds from here on were not counted. */
  readonly asOfSeconds: number;
  readonly #lines: Uint32Array;

  private constructor(startSeconds: number, lines: Uint32Array) {
    this.startSeconds = startSeconds;
    this.asOfSeconds = startSeconds + lines.length;
    this.#lines = lines;
  }

  /** @param window ends when SLS counted */
  static of({ startSeconds, endSeconds }: Window, counts: SecondCounts): LineTimeline {
    const lines = Uint32Array.from(
      { length: endSeconds - startSeconds },
      (_, index) => counts.get(startSeconds + index) ?? 0,
    );
    return new LineTimeline(startSeconds, lines);
  }

  /**
   * Returns the timeline with a later count, which replaces what was counted before. A count that does not join it
   * begins a new one.
   *
   * @param maxSeconds its greatest length
   */
  extended(later: LineTimeline, maxSeconds: number): LineTimeline {
    if (later.startSeconds > this.asOfSeconds || later.asOfSeconds < this.asOfSeconds) return later;
    const earliest = Math.min(this.startSeconds, later.startSeconds);
    const startSeconds = Math.max(earliest, later.asOfSeconds - maxSeconds);
    const lines = Uint32Array.from({ length: later.asOfSeconds - startSeconds }, (_, index) => {
      const second = startSeconds + index;
      return second < later.startSeconds ? this.linesIn(second) : later.linesIn(second);
    });
    return new LineTimeline(startSeconds, lines);
  }

  linesIn(second: number): number {
    return this.#lines[second - this.startSeconds] ?? 0;
  }

  /** Returns the lines of the seconds `[from, to)` as far as they were counted. */
  linesBetween(from: number, to: number): Uint32Array {
    return this.#lines.subarray(Math.max(0, from - this.startSeconds), Math.max(0, to - this.startSeconds));
  }

  /** Returns the last second before this one that has a line. */
  lastBefore(second: number): number | undefined {
    for (let one = Math.min(second, this.asOfSeconds) - 1; one >= this.startSeconds; one--)
      if (this.linesIn(one) > 0) return one;
    return undefined;
  }

  /** Returns the first second from this one on that has a line. */
  firstFrom(second: number): number | undefined {
    for (let one = Math.max(second, this.startSeconds); one < this.asOfSeconds; one++)
      if (this.linesIn(one) > 0) return one;
    return undefined;
  }
}
