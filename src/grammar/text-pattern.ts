/**
 * Whether `text` is `pieces` in their order with any text, or none, between each two of them: all of it, from its
 * start to its end. A pattern with `*` is split at each to get them.
 */
export function matchesPieces(pieces: readonly string[], text: string): boolean {
  const [start = '', ...parts] = pieces;
  const end = parts.pop();
  if (end === undefined) return text === start;
  if (!text.startsWith(start)) return false;
  // Each part as early as it goes leaves the most to the rest.
  let from = start.length;
  for (const part of parts) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - end.length >= from && text.endsWith(end);
}
