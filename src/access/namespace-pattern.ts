import { matchesPieces } from './text-pattern.ts';

/** Stands for the reader's namespace. */
export const namespacePlaceholder = '{namespace}';

/** The namespace that reads, and the other namespaces that a name may belong to instead. */
export interface Reader {
  readonly namespace: string;
  readonly otherNamespaces: readonly string[];
}

/** Whether a text matches. If it matches for another namespace too, it belongs to that one. */
export type Match = boolean | { readonly belongsTo: string };

/** A pattern in an access rule. `{namespace}` in it matches the reader's namespace literally. */
export class NamespacePattern {
  readonly #text: string;
  readonly #pieces: readonly string[];
  readonly #hasPlaceholder: boolean;

  constructor(text: string) {
    this.#text = text;
    // Split before the namespace is inserted: a `*` in a namespace must not become a wildcard.
    this.#pieces = text.split('*');
    this.#hasPlaceholder = text.includes(namespacePlaceholder);
  }

  /**
   * Matches a text for a reader. `team-b-svc-80` matches `{namespace}-*` for `team` and for `team-b`: if both exist, it
   * belongs to the other namespace.
   */
  match(text: string, { namespace, otherNamespaces }: Reader): Match {
    if (!this.#matchesFor(namespace, text)) return false;
    if (!this.#hasPlaceholder) return true;
    const belongsTo = otherNamespaces.find((other) => this.#matchesFor(other, text));
    return belongsTo === undefined ? true : { belongsTo };
  }

  /** Returns the pattern with the namespace inserted. */
  textFor(namespace: string): string {
    return this.#text.replaceAll(namespacePlaceholder, () => namespace);
  }

  #matchesFor(namespace: string, text: string): boolean {
    const pieces = this.#pieces.map((piece) => piece.replaceAll(namespacePlaceholder, () => namespace));
    return matchesPieces(pieces, text);
  }
}
