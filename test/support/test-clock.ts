/** A clock that moves only by `advance`. It starts at the real time, because signatures carry a date. */
export class TestClock {
  nowMs = Math.floor(Date.now() / 1000) * 1000;

  now(): number {
    return this.nowMs;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  get nowSeconds(): number {
    return this.nowMs / 1000;
  }
}
