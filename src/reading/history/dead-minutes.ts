/** What a minute of a logstore counts as. `missing` is not zero: forecasts do not learn from it. */
export interface SettledMinute {
  readonly minute: number;
  readonly is: 'counted' | 'zero' | 'missing';
}

/** So many of the last minutes may be counted again, since their lines may come late. */
export const recountedMinutes = 5;

/** So many minutes in a row without any line of the logstore are a silence of its collector rather than of its users. */
const leastDeadMinutes = 5;
/**
 * After so many minutes that all had lines, one without is such a silence too, and the minute in which lines come again may
 * have those of all of them. So a mistake leaves out at most one run of zeros an hour.
 */
const steadyMinutes = 60;

/**
 * Tells minutes without traffic from minutes without a log, by the lines of the whole logstore. As for readings, a silence
 * that lasts is believed: `reading.silence.holdSeconds`.
 */
export class DeadMinutes {
  readonly #holdMinutes: number;
  /** Of each of the last minutes, by minute: the length of the run of minutes without a line that ends with it. */
  readonly #dead = new Int32Array(recountedMinutes);
  /** The same: minutes with lines since the last one without. -1 before the first line: the log may not reach back so far. */
  readonly #alive = new Int32Array(recountedMinutes).fill(-1);

  constructor(holdSeconds: number) {
    this.#holdMinutes = Math.ceil(holdSeconds / 60);
  }

  /**
   * Returns the minutes that are now certain, in order. The first minutes without a line wait for what comes after them.
   *
   * @param minute the one after that of the last call, or one of the last minutes: then those after it follow again
   * @param lines of the whole logstore in the minute; undefined: it could not be counted
   */
  settle(minute: number, lines: number | undefined): readonly SettledMinute[] {
    const before = (minute - 1) % recountedMinutes;
    const [dead, alive] = [this.#dead[before] ?? 0, this.#alive[before] ?? -1];
    const waiting = dead < leastDeadMinutes ? dead : 0;
    const withWaiting = (ofWaiting: SettledMinute['is'], is: SettledMinute['is']) => [
      ...Array.from({ length: waiting }, (_, index) => ({ minute: minute - waiting + index, is: ofWaiting })),
      { minute, is },
    ];
    if (lines === undefined) {
      this.#keep(minute, 0, alive);
      return withWaiting('missing', 'missing');
    }
    if (lines > 0) {
      this.#keep(minute, 0, dead > 0 ? 1 : Math.max(0, alive) + 1);
      const isSilence = dead > 0 && alive >= steadyMinutes && this.#holdMinutes > 0;
      return withWaiting(isSilence ? 'missing' : 'zero', isSilence ? 'missing' : 'counted');
    }
    const hasBegun = alive >= 0;
    this.#keep(minute, hasBegun ? dead + 1 : 0, alive);
    if (!hasBegun) return [{ minute, is: 'missing' }];
    if (dead + 1 < leastDeadMinutes) return [];
    const isHeld = dead < Math.max(this.#holdMinutes, this.#holdMinutes > 0 ? leastDeadMinutes : 0);
    return withWaiting(isHeld ? 'missing' : 'zero', isHeld ? 'missing' : 'zero');
  }

  #keep(minute: number, dead: number, alive: number): void {
    this.#dead[minute % recountedMinutes] = dead;
    this.#alive[minute % recountedMinutes] = alive;
  }
}
