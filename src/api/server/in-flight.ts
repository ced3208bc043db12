import { AdapterError } from '../../errors.ts';
import { mastersGroup, type User } from '../../kube/reviews/user.ts';

/** Bounds how many requests are answered at a time; who is in `system:masters` is counted but never refused. */
export class InFlight {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  hasRoomFor(user: User): boolean {
    return this.#count < this.#limit || user.groups.includes(mastersGroup);
  }

  /**
   * @returns what to call when the request has ended, however it has
   * @throws AdapterError `TooManyRequests`
   */
  enter(user: User): () => void {
    if (!this.hasRoomFor(user)) {
      throw new AdapterError('TooManyRequests', `${this.#count} requests are being answered already`);
    }
    this.#count += 1;
    let left = false;
    return () => {
      if (!left) this.#count -= 1;
      left = true;
    };
  }
}
