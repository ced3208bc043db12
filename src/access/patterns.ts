/** Patterns of names: a `*` matches any text, or none; everything else matches itself. */

/** Returns a function that tells if the whole of a text matches the pattern. */
export function textMatcher(pattern: string): (text: string) => boolean {
  const pieces = pattern.split('*');
  return (text) => matchesPieces(pieces, text);
}

/** Tells if `text` is `pieces` in this order, with any text between them: a pattern is split at each `*`. */
export function matchesPieces(pieces: readonly string[], text: string): boolean {
  const [start = '', ...parts] = pieces;
  const end = parts.pop();
  if (end === undefined) return text === start;
  if (!text.startsWith(start)) return false;
  // The earliest place of each part leaves the most text for the rest.
  let from = start.length;
  for (const part of parts) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - end.length >= from && text.endsWith(end);
}

/** Is in no name and in no pattern, so that only a `*` matches it. */
const anything = '\0';

/** Tells if every text that matches `other` matches `pattern`. */
export const patternCovers = (pattern: string, other: string): boolean =>
  textMatcher(pattern)(other.replaceAll('*', anything));

/** Tells if some text matches both patterns. */
export function patternsOverlap(pattern: string, other: string): boolean {
  // reached[j]: some text matches both the part of `pattern` before here and the first j characters of `other`.
  let reached = Array.from({ length: other.length + 1 }, (_, end) => /^\**$/.test(other.slice(0, end)));
  for (const character of pattern) {
    const next = [character === '*' && reached[0] === true];
    for (let end = 1; end <= other.length; end += 1) {
      const last = other[end - 1];
      const isStar = character === '*' || last === '*';
      next.push(
        isStar
          ? reached[end] === true || next[end - 1] === true
          : last === character && reached[end - 1] === true,
      );
    }
    reached = next;
  }
  return reached[other.length] === true;
}

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
