import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

interface Flight<T> {
  readonly answer: Promise<T>;
  readonly stop: AbortController;
  /** None while it renews an answer that still holds. */
  waiters: number;
}

/** What is asked in the last part of an answer's time has it renewed, so that who asks often never waits. */
const renewedShare = 0.25;

/**
 * Answers for a while, and one call at a time for the same question. Failures are not kept. Questions are known by
 * their SHA-256 alone, so that the memory holds no token and no entry grows with what somebody sent.
 */
export class ReviewCache<T extends object> {
  readonly #answers: LRUCache<string, T>;
  readonly #flights = new Map<string, Flight<T>>();
  readonly #ttlMs: (answer: T) => number;
  #closed = false;

  /** @param ttlMs how long an answer holds */
  constructor(maxEntries: number, ttlMs: (answer: T) => number, clock: { now(): number }) {
    // Of lru-cache's own: asks the clock each time, and sets no timer.
    this.#answers = new LRUCache({ max: maxEntries, ttl: 1, ttlResolution: 0, perf: clock });
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#answers.size;
  }

  /**
   * The kept answer, that of a call under way, or a new call's. A waiter that leaves disturbs no other; the call
   * ends when the last one leaves.
   *
   * @throws what the call throws; the signal's reason
   */
  async get(question: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const key = hash('sha256', question);
    const kept = this.#answers.get(key);
    if (kept !== undefined) {
      this.#renewInTime(key, kept, call);
      return kept;
    }
    const flight = this.#flights.get(key) ?? this.#begin(key, call);
    flight.waiters++;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason);
    signal.addEventListener('abort', leave);
    try {
      return await Promise.race([flight.answer, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      flight.waiters--;
      if (flight.waiters === 0 && this.#forget(key, flight)) flight.stop.abort();
    }
  }

  /** Ends the calls that nobody waits for, and begins no more of them. */
  close(): void {
    this.#closed = true;
    for (const { stop, waiters } of this.#flights.values()) if (waiters === 0) stop.abort();
  }

  /** Whatever comes of it: the answer that is kept holds for its time. */
  #renewInTime(key: string, kept: T, call: (signal: AbortSignal) => Promise<T>): void {
    if (this.#closed || this.#flights.has(key)) return;
    if (this.#answers.getRemainingTTL(key) < renewedShare * this.#ttlMs(kept)) this.#begin(key, call);
  }

  #begin(key: string, call: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const stop = new AbortController();
    const answer = call(stop.signal).then((value) => {
      this.#answers.set(key, value, { ttl: this.#ttlMs(value) });
      return value;
    });
    const flight: Flight<T> = { answer, stop, waiters: 0 };
    this.#flights.set(key, flight);
    // Whoever comes after the end makes a call of its own.
    const forget = () => this.#forget(key, flight);
    answer.then(forget, forget);
    return flight;
  }

  /** Whether it was still under way. */
  #forget(key: string, flight: Flight<T>): boolean {
    return this.#flights.get(key) === flight && this.#flights.delete(key);
  }
}
