/** A text in quotes, which stays as it is, or a space before a part of a statement. */
const partOrQuoted = /'(?:[^']|'')*'|"[^"]*"| (?=\| |(?:FROM|WHERE|AND|GROUP BY|ORDER BY|LIMIT) )/g;

/**
 * A query of SLS, `search | SELECT …`, on lines that can be read: spaces before the parts of a statement become line
 * breaks, which mean the same to SLS. Nothing else changes.
 */
export function queryLines(query: string): string[] {
  const broken = query.replaceAll(partOrQuoted, (found) => (found === ' ' ? '\n' : found));
  return broken.split('\n').map((line) => (line.startsWith('AND ') ? `  ${line}` : line));
}
