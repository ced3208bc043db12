import { once } from 'node:events';

/** A clock that moves only by `advance`. It starts at the real time, because signatures carry a date. */
export class TestClock {
  readonly #pauses = new Set<{ readonly endMs: number; readonly end: () => void }>();
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
    for (const pause of this.#pauses) if (this.monotonicMs() >= pause.endMs) pause.end();
  }

  /** Waits until so much time has passed. The signal ends the wait early. */
  readonly pause = async (pauseMs: number, signal: AbortSignal): Promise<void> => {
    const ended = new AbortController();
    const pause = { endMs: this.monotonicMs() + pauseMs, end: () => ended.abort() };
    this.#pauses.add(pause);
    const either = AbortSignal.any([signal, ended.signal]);
    if (!either.aborted) await once(either, 'abort');
    this.#pauses.delete(pause);
  };

  get nowSeconds(): number {
    return this.nowMs / 1000;
  }
}
