import { parameterInvalid } from './service-error.ts';

/** How many SQL queries a project runs at a time, and how that went. */
export class QuerySlots {
  readonly #limit: number;
  #running = 0;
  #peak = 0;
  #refused = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Most queries at a time so far. */
  get peak(): number {
    return this.#peak;
  }

  /** Queries turned away so far. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes a slot until the result is disposed.
   *
   * @throws ServiceError ParameterInvalid `Too many queued queries` when all are taken: SLS queues none
   */
  take(project: string): Disposable {
    if (this.#running >= this.#limit) {
      this.#refused += 1;
      throw parameterInvalid(
        `Too many queued queries for "${project}", user can only run ${this.#limit} query concurrently`,
      );
    }
    this.#running += 1;
    this.#peak = Math.max(this.#peak, this.#running);
    return {
      [Symbol.dispose]: () => {
        this.#running -= 1;
      },
    };
  }
}
