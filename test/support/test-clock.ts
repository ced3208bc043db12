/** A clock that stands still until it is moved. Starts at the real time, since signatures carry a date. */
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
