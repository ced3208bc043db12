/** The name for all that are not told apart. */
export const foldedName = 'other';

/** Bounds the values of a label that whoever asks makes up: the first ones keep their names, the rest have one. */
export class FoldedNames {
  readonly #most: number;
  readonly #kept = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  of(name: string): string {
    if (this.#kept.has(name)) return name;
    if (this.#kept.size >= this.#most) return foldedName;
    this.#kept.add(name);
    return name;
  }
}
