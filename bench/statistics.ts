/** @param share 0.5 for the median; between two values, the nearer one. @throws RangeError without values */
export function quantile(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.round((values.length - 1) * share)];
  if (value === undefined) throw new RangeError('nothing was measured');
  return value;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** `0.87 (0.85–0.90)`: the median and the quartiles. */
export function withQuartiles(values: readonly number[]): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(2));
  return `${middle} (${low}–${high})`;
}
