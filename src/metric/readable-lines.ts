import type { Aggregates, ReadableLines } from './measures.ts';

/**
 * Why a number cannot be computed from these lines, in words that follow the name of the metric.
 *
 * @returns undefined where it can
 */
export function unreadableLines(
  aggregates: Aggregates,
  { column, counts, oneIn }: ReadableLines,
): string | undefined {
  const lines = aggregates['requests'] ?? Number.NaN;
  const readable = counts.reduce((sum, alias) => sum + (aggregates[alias] ?? Number.NaN), 0);
  const unreadable = lines - readable;
  if (unreadable * oneIn <= lines) return undefined;
  return `${unreadable} of ${lines} log lines have no number in ${column} that can be read`;
}
