import { KeptAnswers } from './kept-answers.ts';
import type { ReviewSettings } from './reviewer.ts';

/** The answer to a question, and how it is kept. */
interface Answered<T> {
  readonly answer: T;
  readonly isAccepted: boolean;
  /** The client who takes the room, see `KeptAnswers`. */
  readonly holder: string;
  /** Of the answer, about. */
  readonly bytes: number;
}

type Call<T> = (signal: AbortSignal) => Promise<Answered<T>>;

interface PendingReview<T> {
  readonly answer: Promise<T>;
  readonly stop: AbortController;
  /** 0 while it renews an answer that is still valid. */
  waiters: number;
}

/** Negative answers have this share of the room of the positive ones, and never displace those. */
const refusedShare = 1 / 4;

/** Keeps answers for some time, and makes one call at a time for one question. Failures are not kept. */
export class ReviewCache<T extends object> {
  /** By the key of the question. */
  readonly accepted: KeptAnswers<T>;
  readonly refused: KeptAnswers<T>;
  /** @bound the pending reviews | - | as the pending reviews | constants */
  readonly #pending = new Map<string, PendingReview<T>>();
  #closed = false;

  constructor(settings: ReviewSettings, monotonicMs: () => number) {
    const { maxEntries, maxBytes, acceptedTtlMs, refusedTtlMs } = settings;
    this.accepted = new KeptAnswers({ maxEntries, maxBytes, ttlMs: acceptedTtlMs }, monotonicMs);
    const fewer = { maxEntries: maxEntries * refusedShare, maxBytes: maxBytes * refusedShare };
    this.refused = new KeptAnswers({ ...fewer, ttlMs: refusedTtlMs }, monotonicMs);
  }

  /** Returns the answer that is kept or pending, or a new one. A call ends when its last waiter leaves. */
  async get(key: string, call: Call<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const kept = this.accepted.get(key) ?? this.refused.get(key);
    if (kept !== undefined) {
      this.renewIfDue(key, call);
      return kept;
    }
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

  /** Renews a kept answer that expires soon. If that fails, the kept answer stays valid for its time. */
  renewIfDue(key: string, call: Call<T>): void {
    if (this.#closed || this.#pending.has(key)) return;
    if (this.accepted.isDue(key) && this.refused.isDue(key)) this.#begin(key, call);
  }

  /** Ends the calls without a waiter, and begins no more of them. */
  close(): void {
    this.#closed = true;
    for (const { stop, waiters } of this.#pending.values()) if (waiters === 0) stop.abort();
  }

  #begin(key: string, call: Call<T>): PendingReview<T> {
    const stop = new AbortController();
    const answer = call(stop.signal).then((answered) => {
      const { isAccepted, holder, bytes } = answered;
      const [kept, other] = isAccepted ? [this.accepted, this.refused] : [this.refused, this.accepted];
      other.delete(key);
      kept.set(key, answered.answer, holder, bytes);
      return answered.answer;
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
