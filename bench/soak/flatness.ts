/** What may come on top from the first cycle that is compared to the last. */
export interface FlatnessVerdict {
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly growth: number;
  readonly allowed: number;
  readonly flat: boolean;
}

/**
 * How much the values grow from the first to the last, by a line through them that heeds no outliers (Theil and Sen),
 * or by a step between the first third and the last, whichever is more. Below 0 where they shrink.
 *
 * @throws RangeError with fewer than three: two may be anything
 */
export function growthOf(values: readonly number[]): number {
  if (values.length < 3) throw new RangeError('growth is seen in three values at least');
  const slopes = values.flatMap((value, index) =>
    values.slice(0, index).map((earlier, place) => (value - earlier) / (index - place)),
  );
  const third = Math.floor(values.length / 3);
  const slope = middle(slopes, Math.floor) * (values.length - 1);
  return Math.max(
    slope,
    middle(values.slice(-third), Math.floor) - middle(values.slice(0, third), Math.ceil),
  );
}

/** The median; of two in the middle the lesser (`Math.floor`) or the greater (`Math.ceil`). */
function middle(values: readonly number[], round: (place: number) => number): number {
  return values.toSorted((one, other) => one - other)[round((values.length - 1) / 2)] ?? Number.NaN;
}

/** @param values at the end of each cycle that is compared, in order */
export function judgeFlatness(what: string, values: readonly number[], allowed: number): FlatnessVerdict {
  const growth = growthOf(values);
  const [first = Number.NaN, last = Number.NaN] = [values[0], values.at(-1)];
  return { what, first, last, growth, allowed, flat: growth <= allowed };
}
