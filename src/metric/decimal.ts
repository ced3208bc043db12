/**
 * Removes the noise of doubles from numbers that are decimals by nature. Without that, 15 lines of 0.12 s add up to
 * 1.7999999999999998 or 1.8000000000000003, and rounding up to a thousandth makes 121m of 120m.
 */

/** Enough for any measurement, and few enough to hide the noise of a few operations. */
const significantDigits = 12;

/** A quotient or product of two clean numbers has less noise. */
const quotientDigits = 15;

/** The relative error of one addition, and of reading one decimal number, at most. */
const doubleError = 2 ** -53;

/**
 * Returns the number with 12 significant digits; a whole number stays as it is. Of a number above 0 it never returns 0.
 *
 * @param digits how many digits are kept
 */
export const rounded = (value: number, digits = significantDigits): number =>
  Number.isFinite(value) && !Number.isInteger(value) ? Number(value.toPrecision(digits)) : value;

/**
 * Returns the decimal number that a sum of doubles stands for: the nearest number of thousandths, which is how nginx logs
 * times, if additions in some order can have an error as large as the difference; else the sum with 12 digits.
 *
 * @param summands how many numbers were added, none of them below 0
 */
export function roundedSum(sum: number, summands: number): number {
  if (Number.isInteger(sum)) return sum;
  const inThousandths = Math.round(sum * 1000) / 1000;
  const isNoise = Math.abs(inThousandths - sum) <= sum * (summands + 1) * doubleError;
  return isNoise ? inThousandths : rounded(sum);
}

/**
 * Returns `factor × dividend ÷ divisor`, of a dividend that is rounded already. Of thousandths and whole numbers it is one
 * division of whole numbers, which is exact.
 */
export function quotient(dividend: number, divisor: number, factor = 1): number {
  const scale = Number.isInteger(dividend) ? 1 : 1000;
  const whole = Math.round(dividend * scale);
  if (whole / scale === dividend) return (whole * factor) / (scale * divisor);
  return rounded((dividend * factor) / divisor, quotientDigits);
}
