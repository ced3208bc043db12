import { LRUCache } from 'lru-cache';
import type { User } from './user.ts';

/** For how long a request like the last one is let through without looking the review up. */
export const recentMs = 1000;

const maxEntries = 4096;

/**
 * Who was allowed what a moment ago. A user is known by the object, since comparing what stands in it is what looking
 * up the review costs; nobody else's object is ever the same.
 */
export class RecentlyAllowed {
  readonly #clock: { now(): number };
  readonly #sinceMs = new LRUCache<string, number>({ max: maxEntries });
  readonly #numbers = new WeakMap<User, number>();
  #lastNumber = 0;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  /** @param path as sent: all that decides how the request is routed */
  has(user: User, method: string, path: string): boolean {
    const sinceMs = this.#sinceMs.get(this.#key(user, method, path));
    if (sinceMs === undefined) return false;
    const ageMs = this.#clock.now() - sinceMs;
    return ageMs >= 0 && ageMs < recentMs;
  }

  add(user: User, method: string, path: string): void {
    this.#sinceMs.set(this.#key(user, method, path), this.#clock.now());
  }

  #key(user: User, method: string, path: string): string {
    let number = this.#numbers.get(user);
    if (number === undefined) {
      number = ++this.#lastNumber;
      this.#numbers.set(user, number);
    }
    return `${number} ${method} ${path}`;
  }
}
