import { AdapterError } from '../../errors.ts';
import { mastersGroup, type User } from '../../kube/reviews/user.ts';

/** Bounds the number of requests in flight. Users in `system:masters` are counted but never refused. */
export class InFlight {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes a slot.
   *
   * @returns a function to call when the request ends; further calls do nothing
   * @throws AdapterError `TooManyRequests`
   */
  enter(user: User): () => void {
    if (this.#count >= this.#limit && !user.groups.includes(mastersGroup))
      throw new AdapterError('TooManyRequests', `${this.#count} requests are already in flight`);
    this.#count += 1;
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#count -= 1;
      hasLeft = true;
    };
  }
}
