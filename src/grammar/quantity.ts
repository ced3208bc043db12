/**
 * Kubernetes' resource.Quantity in decimal SI, in thousandths: the HPA controller reads only the MilliValue of a metric, an
 * int64.
 *
 * Source: k8s.io/apimachinery/pkg/api/resource, "canonical form": no fractional digits, and the largest suffix that loses
 * nothing. Anything finer than a thousandth is rounded up.
 */

/** The largest value whose MilliValue fits into an int64; greater values become this one. */
export const maxQuantityValue = 9_223_372_036_854_775n;
const maxMilli = maxQuantityValue * 1000n;

/** The suffixes of thousandths up to `maxQuantityValue`, by powers of a thousand. */
const suffixes = ['m', '', 'k', 'M', 'G', 'T', 'P'];

const decimalExponents = new Map(
  Object.entries({ n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }),
);
const binaryExponents = new Map(Object.entries({ Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }));

/** A decimal number as `digits × 10^exponent`. */
type Decimal = Readonly<{ digits: bigint; exponent: number }>;

/** `1.25e-7` → 125 × 10^-9. The text is a number without a sign, as JavaScript or Java prints it. */
function toDecimal(text: string): Decimal {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

const ceilDivide = (dividend: bigint, divisor: bigint) => (dividend + divisor - 1n) / divisor;

/** Converts to thousandths. Rounds up, so that a value above zero never becomes zero, and limits the result. */
function toMilli({ digits, exponent }: Decimal): bigint {
  if (digits === 0n) return 0n;
  const shift = exponent + 3;
  const digitsBeforePoint = digits.toString().length + shift;
  // Decided before the power is computed: an exponent of thousands would make it huge.
  if (digitsBeforePoint <= 0) return 1n;
  if (digitsBeforePoint > maxMilli.toString().length) return maxMilli;
  const milli = shift >= 0 ? digits * 10n ** BigInt(shift) : ceilDivide(digits, 10n ** BigInt(-shift));
  return milli > maxMilli ? maxMilli : milli;
}

/**
 * Returns the canonical Quantity of a reading: 7.875 → `7875m`, 8 → `8`, 1000 → `1k`, 1500 → `1500`, 0.0625 → `63m`.
 * It uses the shortest decimal text of the double, so that 1.1 is 1100m and not 1101m.
 *
 * @throws RangeError for NaN, an infinity or a negative value: a reading is never one of these
 */
export function formatQuantity(value: number): string {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${value} cannot be a Quantity of a metric`);
  const milli = toMilli(toDecimal(String(value)));
  if (milli === 0n) return '0';
  let [digits, power] = [milli, 0];
  for (; digits % 1000n === 0n; digits /= 1000n) power += 1;
  return `${digits}${suffixes[power]}`;
}

/** Returns the MilliValue of the same Quantity, which the HPA controller reads: 7.8751 → 7876. */
export const milliOf = (value: number): bigint => parseQuantityMilli(formatQuantity(value));

/** Returns the same Quantity as a plain number: 7.8751 → 7.876. */
export const quantityNumber = (value: number): number => Number(milliOf(value)) / 1000;

/**
 * Returns the MilliValue of a Quantity in any form that Kubernetes accepts (`7875m`, `1.5k`, `2Ki`, `12e3`), rounded away
 * from zero.
 *
 * @throws SyntaxError if the text is not a Quantity
 */
export function parseQuantityMilli(text: string): bigint {
  const match = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,4})?$/.exec(text);
  if (match === null)
    throw new SyntaxError(`${JSON.stringify(text)} is not a Quantity, such as 7875m, 10 or 1500`);
  const [, sign, number = '', suffix = ''] = match;
  const { digits, exponent } = toDecimal(number);
  const power = decimalExponents.get(suffix) ?? (/^e[-+\d]/i.test(suffix) ? Number(suffix.slice(1)) : 0);
  const milli = toMilli({
    digits: digits << BigInt(binaryExponents.get(suffix) ?? 0),
    exponent: exponent + power,
  });
  return sign === '-' ? -milli : milli;
}

export const parseQuantity = (text: string): number => Number(parseQuantityMilli(text)) / 1000;
