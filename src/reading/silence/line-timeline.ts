import type { Window } from '../../metric/sample.ts';
import type { SecondCounts } from '../../sls/second-counts.ts';

/** How many lines a logstore had in each second of a time, as SLS counted them last. Heartbeats are told apart. Immutable. */
export class LineTimeline {
  readonly startSeconds: number;
  /** When SLS counted last, Unix seconds. Seconds from here on were not counted. */
  readonly asOfSeconds: number;
  readonly #lines: Uint32Array;
  readonly #heartbeats: Uint32Array;
  /** With the lines that have no route. */
  readonly #allLines: Uint32Array;

  private constructor(
    startSeconds: number,
    lines: Uint32Array,
    heartbeats: Uint32Array,
    allLines: Uint32Array,
  ) {
    this.startSeconds = startSeconds;
    this.#heartbeats = heartbeats;
    this.#allLines = allLines;
    this.asOfSeconds = startSeconds + lines.length;
    this.#lines = lines;
  }

  /**
   * @param window ends when SLS counted
   * @param counts of the lines that count
   * @param allCounts of all lines; default: all count
   */
  static of(
    { startSeconds, endSeconds }: Window,
    counts: SecondCounts,
    heartbeats: SecondCounts = new Map(),
    allCounts: SecondCounts = counts,
  ): LineTimeline {
    const length = endSeconds - startSeconds;
    const bySecond = (of: SecondCounts) =>
      Uint32Array.from({ length }, (_, index) => of.get(startSeconds + index) ?? 0);
    return new LineTimeline(startSeconds, bySecond(counts), bySecond(heartbeats), bySecond(allCounts));
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
    const length = later.asOfSeconds - startSeconds;
    const joined = (countOf: (timeline: LineTimeline, second: number) => number) =>
      Uint32Array.from({ length }, (_, index) => {
        const second = startSeconds + index;
        return countOf(second < later.startSeconds ? this : later, second);
      });
    return new LineTimeline(
      startSeconds,
      joined((timeline, second) => timeline.linesIn(second)),
      joined((timeline, second) => timeline.#heartbeatsIn(second)),
      joined((timeline, second) => timeline.#allLines[second - timeline.startSeconds] ?? 0),
    );
  }

  linesIn(second: number): number {
    return this.#lines[second - this.startSeconds] ?? 0;
  }

  #heartbeatsIn(second: number): number {
    return this.#heartbeats[second - this.startSeconds] ?? 0;
  }

  /** Returns the lines of the seconds `[from, to)` as far as they were counted, without heartbeats. */
  trafficBetween(from: number, to: number): Uint32Array {
    const start = Math.max(from, this.startSeconds);
    const length = Math.max(0, Math.min(to, this.asOfSeconds) - start);
    return Uint32Array.from({ length }, (_, index) => {
      const second = start + index;
      return this.linesIn(second) - this.#heartbeatsIn(second);
    });
  }

  /** Whether a heartbeat was logged in the seconds `[from, to)`. */
  hasHeartbeat(from: number, to: number): boolean {
    return this.#hasSome(this.#heartbeats, from, to);
  }

  /** Whether any line was logged in the seconds `[from, to)`, also one that does not count. */
  hasAnyLine(from: number, to: number): boolean {
    return this.#hasSome(this.#allLines, from, to);
  }

  #hasSome(counts: Uint32Array, from: number, to: number): boolean {
    return counts
      .subarray(Math.max(0, from - this.startSeconds), Math.max(0, to - this.startSeconds))
      .some((count) => count > 0);
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
