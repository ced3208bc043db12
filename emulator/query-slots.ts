import { parameterInvalid } from './service-error.ts';

/** Limits the concurrent SQL queries of a project, and counts them. */
export class QuerySlots {
  readonly #limit: number;
  #running = 0;
  #peak = 0;
  #refused = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The most concurrent queries so far. */
  get peak(): number {
    return this.#peak;
  }

  /** Queries refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes a slot. Disposing the result frees it.
   *
   * @throws ServiceError ParameterInvalid `Too many queued queries` if no slot is free: SLS queues no query
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
