/** The growth of one value from the first compared cycle to the last, and how much is allowed. */
export interface FlatnessVerdict {
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly growth: number;
  readonly allowed: number;
  readonly flat: boolean;
}

/**
 * Returns how much the values grow from the first to the last. It is the larger of two estimates: the slope of a line that
 * ignores outliers (Theil-Sen), and the difference between the first third and the last third. It is negative if the
 * values shrink.
 *
 * @throws RangeError with fewer than three values, which are too few to see a trend
 */
export function growthOf(values: readonly number[]): number {
  if (values.length < 3) throw new RangeError('growth needs at least three values');
  const slopes = values.flatMap((value, index) =>
    values.slice(0, index).map((earlier, earlierIndex) => (value - earlier) / (index - earlierIndex)),
  );
  const third = Math.floor(values.length / 3);
  const slope = middle(slopes, Math.floor) * (values.length - 1);
  return Math.max(
    slope,
    middle(values.slice(-third), Math.floor) - middle(values.slice(0, third), Math.ceil),
  );
}

/** Returns the median. Of two values in the middle it is the smaller with `Math.floor`, the larger with `Math.ceil`. */
function middle(values: readonly number[], round: (index: number) => number): number {
  return values.toSorted((one, other) => one - other)[round((values.length - 1) / 2)] ?? Number.NaN;
}

/** @param values one for the end of each compared cycle, in order */
export function evaluateFlatness(what: string, values: readonly number[], allowed: number): FlatnessVerdict {
  const growth = growthOf(values);
  const [first = Number.NaN, last = Number.NaN] = [values[0], values.at(-1)];
  return { what, first, last, growth, allowed, flat: growth <= allowed };
}
