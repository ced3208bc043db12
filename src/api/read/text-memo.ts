import { LRUCache } from 'lru-cache';
import { ownText } from '../../runtime/own-text.ts';

/** What was worked out of a text, for when it comes again; the least recently used goes first. */
export class TextMemo<T extends object> {
  readonly #values: LRUCache<string, T>;
  readonly #longest: number;

  /** @param longest in characters: what a longer text says is worked out each time, so that memory is bounded */
  constructor(maxEntries: number, longest: number) {
    this.#values = new LRUCache({ max: maxEntries });
    this.#longest = longest;
  }

  /** What is known already. Counts as used. */
  known(text: string): T | undefined {
    return this.#values.get(text);
  }

  /**
   * @param work gets the text to keep: a copy of its own, the one that is remembered
   * @throws what `work` throws, and remembers nothing then
   */
  get(text: string, work: (text: string) => T): T {
    const known = this.known(text);
    if (known !== undefined) return known;
    if (text.length > this.#longest) return work(text);
    const kept = ownText(text);
    const value = work(kept);
    this.#values.set(kept, value);
    return value;
  }
}
