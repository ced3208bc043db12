/**
 * Returns the value nearest to that quantile.
 *
 * @throws RangeError without values
 */
export function quantile(values: readonly number[], share: number): number {
  return at(sorted(values), Math.round((values.length - 1) * share));
}

/**
 * Returns the median. For an even number of values it is the mean of the two in the middle.
 *
 * @throws RangeError without values
 */
export function median(values: readonly number[]): number {
  const inOrder = sorted(values);
  const middle = (values.length - 1) / 2;
  return (at(inOrder, Math.floor(middle)) + at(inOrder, Math.ceil(middle))) / 2;
}

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError('nothing was measured');
  return value;
}

/** The result of repeated runs: the median and, if there were several runs, the quartiles. */
export interface Figure {
  readonly value: number;
  readonly quartiles?: readonly [low: number, high: number];
}

/** @throws RangeError without values */
export function figureOf(values: readonly number[]): Figure {
  const value = median(values);
  if (values.length === 1) return { value };
  return { value, quartiles: [quantile(values, 0.25), quantile(values, 0.75)] };
}

/**
 * Returns how often per minute an event occurs. It uses the gaps between events, since a count per minute depends on
 * where the minute begins. With fewer than three events it uses the count.
 *
 * @param timesMs times of the events, in order, all within `spanMs`
 */
export function perMinute(timesMs: readonly number[], spanMs: number): number {
  const [firstMs, lastMs] = [timesMs[0], timesMs.at(-1)];
  if (timesMs.length < 3 || firstMs === undefined || lastMs === undefined || lastMs === firstMs) {
    return (timesMs.length * 60_000) / spanMs;
  }
  return ((timesMs.length - 1) * 60_000) / (lastMs - firstMs);
}
