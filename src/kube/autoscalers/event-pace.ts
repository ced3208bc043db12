/** A failure that goes on. */
export interface ToldFailure {
  /** Times that it came, this one included. */
  readonly count: number;
  /** Of the Event that tells of it; undefined: there is none. */
  eventName: string | undefined;
  /** The end of the last write, which the next one waits for: it says what the Event is called. Never rejects. */
  written: Promise<void>;
}

interface KnownFailure extends ToldFailure {
  count: number;
  triedAtMs: number;
  seenAtMs: number;
}

/** At most one write in that time for one HPA and code. */
const betweenMs = 600_000;
/** A failure that stayed away for longer is another one. */
const goneMs = 1_200_000;
/** Failures that are told apart; more are not told of. */
const mostFailures = 2000;
/** Of all failures together: so many writes at once, and then one in so much time. */
const burst = 20;
const perWriteMs = 2000;

/** Says which failures are to be written, so that no cluster is flooded however many HPAs fail. */
export class EventPace {
  readonly #clock: { now(): number };
  readonly #known = new Map<string, KnownFailure>();
  #budget = burst;
  #budgetAtMs: number;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
    this.#budgetAtMs = clock.now();
  }

  /** @returns what to write; undefined: nothing, for now */
  next(key: string): ToldFailure | undefined {
    const nowMs = this.#clock.now();
    const known = this.#know(key, nowMs);
    if (known === undefined) return undefined;
    known.count += 1;
    known.seenAtMs = nowMs;
    if (nowMs - known.triedAtMs < betweenMs || !this.#spend(nowMs)) return undefined;
    known.triedAtMs = nowMs;
    return known;
  }

  #know(key: string, nowMs: number): KnownFailure | undefined {
    const known = this.#known.get(key);
    if (known !== undefined && nowMs - known.seenAtMs < goneMs) return known;
    if (this.#known.size >= mostFailures && known === undefined) this.#forgetGone(nowMs);
    if (this.#known.size >= mostFailures && known === undefined) return undefined;
    const written = Promise.resolve();
    const begun = { count: 0, eventName: undefined, written, triedAtMs: -Infinity, seenAtMs: nowMs };
    this.#known.set(key, begun);
    return begun;
  }

  #forgetGone(nowMs: number): void {
    for (const [key, { seenAtMs }] of this.#known) if (nowMs - seenAtMs >= goneMs) this.#known.delete(key);
  }

  #spend(nowMs: number): boolean {
    const earned = Math.max(0, nowMs - this.#budgetAtMs) / perWriteMs;
    this.#budget = Math.min(burst, this.#budget + earned);
    this.#budgetAtMs = nowMs;
    if (this.#budget < 1) return false;
    this.#budget -= 1;
    return true;
  }
}
