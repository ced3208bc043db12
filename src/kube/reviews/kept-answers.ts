import { hash } from 'node:crypto';

interface AnswerBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly ttlMs: number;
}

interface KeptAnswer<T> {
  readonly answer: T;
  readonly holder: string;
  readonly bytes: number;
  readonly keptAtMs: number;
}

interface HeldAnswers {
  /** The oldest first. @bound as the answers | - | as the answers | constants */
  readonly keys: Set<string>;
  bytes: number;
}

/** An answer in the last quarter of its time is due to be asked for again, so that a regular reader never waits. */
const renewedShare = 0.25;

/** A longer question is kept as its SHA-256, so that it takes no more memory than a short one. In characters. */
const longestQuestion = 512;

export const keyOf = (question: string): string =>
  question.length > longestQuestion ? hash('sha256', question) : question;

/** Whose an answer was is known for this long after its time: clients such as Prometheus come once a minute. */
const rememberedMs = 60_000;

/** Of an entry, besides its texts. */
const entryBytes = 300;

/**
 * Keeps answers for some time. When there are too many, the holder whose answers take the most bytes loses its oldest one:
 * however many answers one client causes, those of the others stay.
 */
export class KeptAnswers<T> {
  readonly #bounds: AnswerBounds;
  readonly #monotonicMs: () => number;
  /** The oldest first. @bound 4,096 positive answers, 1,024 negative ones, of tokens and of access each | 8 MiB, 2 MiB | the client with the most loses its oldest one | constants */
  readonly #byKey = new Map<string, KeptAnswer<T>>();
  /** @bound as the answers | - | as the answers | constants */
  readonly #byHolder = new Map<string, HeldAnswers>();
  #bytes = 0;

  constructor(bounds: AnswerBounds, monotonicMs: () => number) {
    this.#bounds = bounds;
    this.#monotonicMs = monotonicMs;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the answer if its time has not passed. */
  get(key: string): T | undefined {
    const kept = this.#byKey.get(key);
    return kept !== undefined && this.#ageMs(kept) <= this.#bounds.ttlMs ? kept.answer : undefined;
  }

  isDue(key: string): boolean {
    const kept = this.#byKey.get(key);
    return kept === undefined || this.#ageMs(kept) > (1 - renewedShare) * this.#bounds.ttlMs;
  }

  /** Returns whose answer it is or was. */
  holderOf(key: string): string | undefined {
    return this.#byKey.get(key)?.holder;
  }

  /** @param bytes of the answer, about */
  set(key: string, answer: T, holder: string, bytes: number): void {
    this.delete(key);
    this.#forgetOld();
    const size = entryBytes + key.length + holder.length + bytes;
    const entry = { answer, holder, bytes: size, keptAtMs: this.#monotonicMs() };
    this.#byKey.set(key, entry);
    const held = this.#byHolder.get(holder) ?? { keys: new Set(), bytes: 0 };
    this.#byHolder.set(holder, held);
    held.keys.add(key);
    held.bytes += entry.bytes;
    this.#bytes += entry.bytes;
    const { maxEntries, maxBytes } = this.#bounds;
    while (this.#byKey.size > maxEntries || this.#bytes > maxBytes) this.#evict();
  }

  delete(key: string): void {
    const kept = this.#byKey.get(key);
    if (kept === undefined) return;
    this.#byKey.delete(key);
    this.#bytes -= kept.bytes;
    const held = this.#byHolder.get(kept.holder);
    if (held === undefined) return;
    held.keys.delete(key);
    held.bytes -= kept.bytes;
    if (held.keys.size === 0) this.#byHolder.delete(kept.holder);
  }

  #forgetOld(): void {
    for (const [key, kept] of this.#byKey) {
      if (this.#ageMs(kept) <= this.#bounds.ttlMs + rememberedMs) return;
      this.delete(key);
    }
  }

  #ageMs({ keptAtMs }: KeptAnswer<T>): number {
    return this.#monotonicMs() - keptAtMs;
  }

  #evict(): void {
    let most = 0;
    let victim: string | undefined;
    for (const { keys, bytes } of this.#byHolder.values()) {
      if (bytes <= most) continue;
      most = bytes;
      [victim] = keys;
    }
    if (victim !== undefined) this.delete(victim);
  }
}
