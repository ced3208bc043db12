/** What checks have learned, for those that come after them. */
export class FactBook<Facts extends object> {
  readonly #known: Partial<Facts> = {};

  learn(facts: Partial<Facts>): void {
    Object.assign(this.#known, facts);
  }

  /** @throws Error where no check before has learned it: the check that asks does not wait for that one */
  get<Name extends keyof Facts>(name: Name): NonNullable<Facts[Name]> {
    const fact = this.#known[name];
    if (fact === undefined || fact === null) throw new Error(`nothing is known of ${String(name)} yet`);
    return fact;
  }

  /** Undefined where it is not known, or not yet. */
  find<Name extends keyof Facts>(name: Name): Facts[Name] | undefined {
    return this.#known[name];
  }
}
