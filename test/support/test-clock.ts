/** A clock that moves only by `advance`. It starts at the real time, because signatures carry a date. */
export class TestClock {
  #setByMs = 0;
  nowMs = Math.floor(Date.now() / 1000) * 1000;

  now(): number {
    return this.nowMs;
  }

  readonly monotonicMs = (): number => this.nowMs - this.#setByMs;

  /** Sets the wall time, as an operator or NTP does. No time passes. */
  setBy(ms: number): void {
    this.nowMs += ms;
    this.#setByMs += ms;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.nowMs += ms;
  }

  get nowSeconds(): number {
    return this.nowMs / 1000;
  }
}
