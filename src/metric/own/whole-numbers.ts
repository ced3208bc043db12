import type { SqlToken } from './sql-tokens.ts';

export const droppedFraction =
  'must not divide one whole number by another, which drops the fraction: write 1e0 * before them';

/** Functions that count. */
const counting = /^(COUNT|COUNT_IF|APPROX_DISTINCT|CARDINALITY|LENGTH)$/;

/** Functions of whole numbers that make a whole number. */
const keeping = /^(ABS|ARBITRARY|CEIL|CEILING|COALESCE|FLOOR|GREATEST|LEAST|MAX|MIN|MOD|NULLIF|ROUND|SUM)$/;

const wholeType = /^(BIGINT|INTEGER|INT|SMALLINT|TINYINT)$/i;

/**
 * Whether a token alone is a whole number for certain. The length of the window is none, and what is text cannot be
 * divided, so that of the other placeholders only numbers matter.
 */
export function isWholeToken({ kind, text, key }: SqlToken): boolean {
  if (kind === 'number') return /^\d+$/.test(text);
  return kind === 'placeholder' ? text !== '{window}' : key === '__TIME__';
}

/**
 * Whether what a function gives is a whole number for certain.
 *
 * @param wholes which of its arguments are
 * @param type to which it casts
 */
export function isWholeCall(name: string, wholes: readonly boolean[], type: string | undefined): boolean {
  if (counting.test(name)) return true;
  if (type !== undefined) return wholeType.test(type);
  const results = name === 'IF' ? wholes.slice(1) : keeping.test(name) ? wholes : [];
  return results.length > 0 && results.every(Boolean);
}
