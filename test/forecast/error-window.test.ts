import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ErrorWindow } from '../../src/forecast/error-window.ts';

const after = (size: number, errors: readonly number[]) => {
  const window = new ErrorWindow(size);
  for (const error of errors) window.add(error);
  return window;
};

describe('ErrorWindow', () => {
  it('gives the error that a share of the last errors does not exceed', () => {
    const window = after(10, [5, 1, 4, 2, 3, -1, 0, -2, -3, -4]);
    expect([0.5, 0.9, 0.99].map((share) => window.quantile(share))).toEqual([0, 4, 5]);
    window.add(-5);
    expect([window.length, window.quantile(0.9)]).toEqual([10, 3]);
  });

  it('has no quantile of nothing, and counts no error that is missing', () => {
    const window = after(3, [NaN, NaN]);
    expect([window.length, window.quantile(0.9)]).toEqual([0, NaN]);
  });

  it('bounds errors that are too large', () => {
    expect(after(3, [Infinity]).quantile(0.9)).toBeCloseTo(16, 2);
    expect(after(3, [-Infinity]).quantile(0.9)).toBeCloseTo(-16, 2);
  });

  it('agrees with sorting the last errors', () => {
    const errors = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        errors,
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0.5, max: 0.99, noNaN: true }),
        (all, size, share) => {
          const sorted = all.slice(-size).sort((a, b) => a - b);
          const expected = sorted.find((_, index) => (index + 1) / sorted.length >= share) ?? NaN;
          expect(after(size, all).quantile(share)).toBe(expected);
        },
      ),
    );
  });
});
