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

/** Returns a pattern with the namespace inserted literally. */
export const patternFor = (pattern: string, namespace: string): string =>
  pattern.replaceAll(namespacePlaceholder, () => namespace);

/**
 * Matches a text with a pattern of an access rule, for a reader. `team-b-svc-80` matches `{namespace}-*` for `team` and for
 * `team-b`: if both exist, it belongs to the other namespace.
 */
export function matchPattern(pattern: string, text: string, { namespace, otherNamespaces }: Reader): Match {
  // Split before the namespace is inserted: a `*` in a namespace must not become a wildcard.
  const matchesFor = (name: string) =>
    matchesPieces(
      pattern.split('*').map((piece) => patternFor(piece, name)),
      text,
    );
  if (!matchesFor(namespace)) return false;
  if (!pattern.includes(namespacePlaceholder)) return true;
  const belongsTo = otherNamespaces.find(matchesFor);
  return belongsTo === undefined ? true : { belongsTo };
}
