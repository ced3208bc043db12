/** What a minute of a logstore counts as. `missing` is not zero: forecasts do not learn from it. */
export interface SettledMinute {
  readonly minute: number;
  readonly is: 'counted' | 'zero' | 'missing';
}

/** So many minutes in a row without any line of the logstore are a silence of its collector rather than of its users. */
const leastDeadMinutes = 5;

/**
 * Tells minutes without traffic from minutes without a log, by the lines of the whole logstore. As for readings, a silence
 * that lasts is believed: `reading.silence.holdSeconds`.
 */
export class DeadMinutes {
  readonly #holdMinutes: number;
  /** Whether a line was ever seen. Before the first one, the log may not reach back so far. */
  #hasBegun = false;
  /** The length of the run of minutes without a line that ends with the last minute. */
  #dead = 0;

  constructor(holdSeconds: number) {
    this.#holdMinutes = Math.ceil(holdSeconds / 60);
  }

  /**
   * Returns the minutes that are now certain, in order. The first minutes without a line wait for what comes after them.
   *
   * @param lines of the whole logstore in the minute; undefined: it could not be counted
   */
  settle(minute: number, lines: number | undefined): readonly SettledMinute[] {
    const waiting = this.#dead < leastDeadMinutes ? this.#dead : 0;
    const ofWaiting = (is: SettledMinute['is']) =>
      Array.from({ length: waiting }, (_, index) => ({ minute: minute - waiting + index, is }));
    if (lines === undefined) {
      this.#dead = 0;
      return [...ofWaiting('missing'), { minute, is: 'missing' }];
    }
    if (lines > 0) {
      this.#hasBegun = true;
      this.#dead = 0;
      return [...ofWaiting('zero'), { minute, is: 'counted' }];
    }
    if (!this.#hasBegun) return [{ minute, is: 'missing' }];
    this.#dead += 1;
    if (this.#dead < leastDeadMinutes) return [];
    const isHeld = this.#dead <= Math.max(this.#holdMinutes, this.#holdMinutes > 0 ? leastDeadMinutes : 0);
    return [...ofWaiting(isHeld ? 'missing' : 'zero'), { minute, is: isHeld ? 'missing' : 'zero' }];
  }
}
