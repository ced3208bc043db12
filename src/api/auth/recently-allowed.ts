import { LRUCache } from 'lru-cache';
import { ownText } from '../../runtime/own-text.ts';
import type { User } from '../../kube/reviews/user.ts';

/** For how long a request like the last one is let through without looking the review up. */
export const recentMs = 1000;

const maxPaths = 4096;
const longestPath = 1024;

interface Allowed {
  readonly user: User;
  readonly sinceMs: number;
}

/**
 * Whom a review let read what a moment ago. A user is known by the object, since comparing what stands in it is what
 * looking up the review costs. Of each path the last user is remembered: nearly all ask in one name.
 */
export class RecentlyAllowed {
  readonly #byPath = new LRUCache<string, Allowed>({ max: maxPaths });

  /** @param path as sent: all that decides how a GET is routed */
  has(user: User, path: string, nowMs: number): boolean {
    const allowed = this.#byPath.get(path);
    if (allowed?.user !== user) return false;
    const ageMs = nowMs - allowed.sinceMs;
    return ageMs >= 0 && ageMs < recentMs;
  }

  add(user: User, path: string, nowMs: number): void {
    if (path.length <= longestPath) this.#byPath.set(ownText(path), { user, sinceMs: nowMs });
  }
}
