import { describe, expect, it } from 'vitest';
import { growthOf, evaluateFlatness } from '../../../bench/soak/flatness.ts';

describe('growth over cycles', () => {
  it('is what a steady leak adds between the first cycle and the last', () => {
    expect(growthOf([100, 102, 104, 106, 108, 110])).toBe(10);
    expect(growthOf([100, 103, 103, 107, 108, 110])).toBeCloseTo(10, 0);
  });

  it('is about zero if values go up and down', () => {
    expect(growthOf([100, 103, 101, 102, 100, 103, 101, 101])).toBeLessThanOrEqual(1);
  });

  it('ignores one outlier, even in the last cycle', () => {
    expect(growthOf([100, 100, 190, 100, 100, 100, 100, 100])).toBe(0);
    expect(growthOf([100, 100, 100, 100, 100, 100, 190])).toBe(0);
  });

  it('is the height of a step that lasts, but 0 if only the first cycle is lower', () => {
    expect(growthOf([100, 100, 100, 100, 150, 150, 150])).toBeGreaterThanOrEqual(50);
    expect(growthOf([100, 150, 150, 150, 150, 150, 150, 150, 150])).toBe(0);
  });

  it('is negative if values shrink', () => {
    expect(growthOf([110, 108, 106])).toBe(-4);
  });

  it('throws a RangeError with fewer than three values', () => {
    expect(() => growthOf([1, 2])).toThrow(RangeError);
  });

  it('counts as flat up to the allowed growth', () => {
    expect(evaluateFlatness('heap', [10, 11, 12], 2)).toEqual({
      what: 'heap',
      first: 10,
      last: 12,
      growth: 2,
      allowed: 2,
      flat: true,
    });
    expect(evaluateFlatness('heap', [10, 11, 12], 1.9).flat).toBe(false);
  });
});
