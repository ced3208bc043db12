import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ReviewSettings } from './reviewer.ts';

interface PendingReview<T> {
  readonly answer: Promise<T>;
  readonly stop: AbortController;
  /** 0 while it renews an answer that is still valid. */
  waiters: number;
}

/** A question in the last quarter of an answer's time renews the answer, so that a regular reader never waits. */
const renewedShare = 0.25;

/** A longer question is kept as its SHA-256, so that it takes no more memory than a short one. In characters. */
const longestQuestion = 512;

const keyOf = (question: string) => (question.length > longestQuestion ? hash('sha256', question) : question);

/** Keeps answers for some time, and makes one call at a time for one question. Failures are not kept. */
export class ReviewCache<T extends object> {
  /** @bound `maxEntries` of its settings | a question is kept as its hash if it is long | none yet | constants */
  readonly #answers: LRUCache<string, T>;
  /** @bound not bounded yet | - | none yet | - */
  readonly #pending = new Map<string, PendingReview<T>>();
  readonly #ttlMs: (answer: T) => number;
  #closed = false;

  /** @param isAccepted returns whether an answer is positive */
  constructor(settings: ReviewSettings, isAccepted: (answer: T) => boolean, monotonicMs: () => number) {
    const { maxEntries, acceptedTtlMs, refusedTtlMs } = settings;
    // Options of lru-cache: read the clock each time, and set no timer.
    this.#answers = new LRUCache({ max: maxEntries, ttl: 1, ttlResolution: 0, perf: { now: monotonicMs } });
    this.#ttlMs = (answer) => (isAccepted(answer) ? acceptedTtlMs : refusedTtlMs);
  }

  /** Returns the kept answer, and renews it by the call if it expires soon. */
  kept(question: string, call: (signal: AbortSignal) => Promise<T>): T | undefined {
    const key = keyOf(question);
    const answer = this.#answers.get(key);
    if (answer !== undefined) this.#renewIfDue(key, answer, call);
    return answer;
  }

  /**
   * Returns the kept answer, the answer of a pending call, or the answer of a new call. A waiter that leaves does not
   * disturb the others. The call ends when the last waiter leaves.
   *
   * @throws what the call throws; the signal's reason
   */
  async get(question: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const kept = this.kept(question, call);
    if (kept !== undefined) return kept;
    const key = keyOf(question);
    const pending = this.#pending.get(key) ?? this.#begin(key, call);
    pending.waiters++;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason);
    signal.addEventListener('abort', leave);
    try {
      return await Promise.race([pending.answer, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      pending.waiters--;
      if (pending.waiters === 0 && this.#forget(key, pending)) pending.stop.abort();
    }
  }

  /** Ends the calls without a waiter, and begins no more of them. */
  close(): void {
    this.#closed = true;
    for (const { stop, waiters } of this.#pending.values()) if (waiters === 0) stop.abort();
  }

  /** If the renewal fails, the kept answer stays valid for its time. */
  #renewIfDue(key: string, kept: T, call: (signal: AbortSignal) => Promise<T>): void {
    if (this.#closed || this.#pending.has(key)) return;
    if (this.#answers.getRemainingTTL(key) < renewedShare * this.#ttlMs(kept)) this.#begin(key, call);
  }

  #begin(key: string, call: (signal: AbortSignal) => Promise<T>): PendingReview<T> {
    const stop = new AbortController();
    const answer = call(stop.signal).then((value) => {
      this.#answers.set(key, value, { ttl: this.#ttlMs(value) });
      return value;
    });
    const pending: PendingReview<T> = { answer, stop, waiters: 0 };
    this.#pending.set(key, pending);
    const forget = () => this.#forget(key, pending);
    answer.then(forget, forget);
    return pending;
  }

  /** Returns whether it was still pending. */
  #forget(key: string, pending: PendingReview<T>): boolean {
    return this.#pending.get(key) === pending && this.#pending.delete(key);
  }
}
