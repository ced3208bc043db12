import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatQuantity, parseQuantityMilli } from '../../src/grammar/quantity.ts';
import { quotient, rounded, roundedSum } from '../../src/metric/decimal.ts';

const addUp = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

/** Returns whole thousandths as the decimal text of the number, such as `1.800`. */
const decimalText = (thousandths: number) => (thousandths / 1000).toFixed(3);

/** The exact quotient of two whole numbers in thousandths, rounded up, as a Quantity in milli. */
const milli = (dividend: bigint, divisor: bigint) => (dividend * 1000n + divisor - 1n) / divisor;

const printedMilli = (value: number) => parseQuantityMilli(formatQuantity(value));

describe('the sum of doubles', () => {
  it.each([
    [15, 0.12, '1.8'],
    [15, 0.07, '1.05'],
    [15, 0.007, '0.105'],
    [15, 0.001, '0.015'],
    [100_000, 0.99, '99000'],
    [100_000, 0.119, '11900'],
    [99_999, 0.001, '99.999'],
    [7, 1e-9, '7e-9'],
  ])('of %i times %f is exactly %s', (lines, number, sum) => {
    const noisy = addUp(Array<number>(lines).fill(number));
    expect(roundedSum(noisy, lines)).toBe(Number(sum));
  });

  it('is the true decimal for numbers with three decimals in any order', () => {
    const thousandths = fc.oneof(
      { weight: 4, arbitrary: fc.nat(2000) },
      { weight: 1, arbitrary: fc.nat(86_400_000) },
    );
    const lines = fc.array(thousandths, { minLength: 1, maxLength: 2000, size: 'max' });
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 50 }), fc.nat(2), (some, times, order) => {
        const all = Array.from({ length: times }, () => some).flat();
        if (order > 0) all.sort((a, b) => (order === 1 ? a - b : b - a));
        const sum = roundedSum(addUp(all.map((one) => one / 1000)), all.length);
        expect(sum).toBe(Number(decimalText(addUp(all))));
        for (const seconds of [1, 7, 15, 3600])
          expect(printedMilli(quotient(sum, seconds))).toBe(
            milli(BigInt(addUp(all)), BigInt(seconds) * 1000n),
          );
        expect(printedMilli(quotient(sum, all.length, 1000))).toBe(
          milli(BigInt(addUp(all)), BigInt(all.length)),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('never moves from a true value of up to 12 significant digits', () => {
    const value = fc.tuple(fc.integer({ min: 1, max: 999_999_999_999 }), fc.integer({ min: -15, max: 6 }));
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 4000 }), ([digits, exponent], summands) => {
        const trueValue = Number(`${digits}e${exponent}`);
        expect(roundedSum(trueValue, summands)).toBe(trueValue);
        expect(rounded(trueValue)).toBe(trueValue);
      }),
      { numRuns: 5000 },
    );
  });

  it('is never 0 for a number above 0, and a number that is not finite stays', () => {
    fc.assert(
      fc.property(
        fc.double({ min: Number.MIN_VALUE, noNaN: true }),
        fc.integer({ min: 1, max: 1e6 }),
        (sum, summands) => {
          expect(roundedSum(sum, summands)).toBeGreaterThan(0);
        },
      ),
    );
    expect([NaN, Infinity].map((value) => roundedSum(value, 3))).toEqual([NaN, Infinity]);
  });

  it('stays exact for whole numbers, however large', () => {
    expect(roundedSum(2 ** 53, 230)).toBe(2 ** 53);
    expect(rounded(1_234_567_890_123_456)).toBe(1_234_567_890_123_456);
  });
});

describe('the quotient of counts', () => {
  it('prints the exact rational number, rounded up to a thousandth', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000_000), fc.integer({ min: 1, max: 3600 }), (count, seconds) => {
        expect(printedMilli(count / seconds)).toBe(milli(BigInt(count), BigInt(seconds)));
      }),
      { numRuns: 2000 },
    );
  });
});
