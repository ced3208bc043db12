import { matchesPieces } from '../grammar/text-pattern.ts';

/** Stands for the namespace of whoever asks. */
export const namespacePlaceholder = '{namespace}';

/** Who asks, and who may be meant in its place. */
export interface Asker {
  readonly namespace: string;
  /** Other namespaces, whose names are no shorter. */
  readonly rivals: readonly string[];
}

/** Whether a text matches; or, where it would, the other namespace for which it matches as well. */
export type Match = boolean | { readonly claimedBy: string };

/** Names that a rule is for: `*` is any text or none, `{namespace}` the asker's, letter by letter. */
export class NamespacePattern {
  readonly text: string;
  readonly #pieces: readonly string[];
  readonly #hasPlaceholder: boolean;

  constructor(text: string) {
    this.text = text;
    // Split before the namespace is put in its place: a `*` in a namespace is no pattern.
    this.#pieces = text.split('*');
    this.#hasPlaceholder = text.includes(namespacePlaceholder);
  }

  /**
   * `team-b-svc-80` starts with `team-`, and is of namespace `team-b` where there is one: what also matches with the
   * name of a rival in its place is the rival's.
   */
  match(text: string, { namespace, rivals }: Asker): Match {
    if (!this.#matchesFor(namespace, text)) return false;
    const claimedBy = this.#hasPlaceholder
      ? rivals.find((other) => this.#matchesFor(other, text))
      : undefined;
    return claimedBy === undefined ? true : { claimedBy };
  }

  /** As whoever asks can write it. */
  textFor(namespace: string): string {
    return this.text.replaceAll(namespacePlaceholder, () => namespace);
  }

  #matchesFor(namespace: string, text: string): boolean {
    const pieces = this.#hasPlaceholder
      ? this.#pieces.map((piece) => piece.replaceAll(namespacePlaceholder, () => namespace))
      : this.#pieces;
    return matchesPieces(pieces, text);
  }
}
