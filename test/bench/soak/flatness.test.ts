import { describe, expect, it } from 'vitest';
import { growthOf, judgeFlatness } from '../../../bench/soak/flatness.ts';

describe('growth over cycles', () => {
  it('is what a steady leak adds from the first cycle to the last', () => {
    expect(growthOf([100, 102, 104, 106, 108, 110])).toBe(10);
    expect(growthOf([100, 103, 103, 107, 108, 110])).toBeCloseTo(10, 0);
  });

  it('is none where values go to and fro', () => {
    expect(growthOf([100, 103, 101, 102, 100, 103, 101, 101])).toBeLessThanOrEqual(1);
  });

  it('is not made by one cycle that stands out, not even the last', () => {
    expect(growthOf([100, 100, 190, 100, 100, 100, 100, 100])).toBe(0);
    expect(growthOf([100, 100, 100, 100, 100, 100, 190])).toBe(0);
  });

  it('is the height of a step that stays', () => {
    expect(growthOf([100, 100, 100, 100, 150, 150, 150])).toBeGreaterThanOrEqual(50);
    expect(growthOf([100, 150, 150, 150, 150, 150, 150, 150, 150])).toBe(0);
  });

  it('is below zero where values shrink', () => {
    expect(growthOf([110, 108, 106])).toBe(-4);
  });

  it('is not told of fewer than three values', () => {
    expect(() => growthOf([1, 2])).toThrow(RangeError);
  });

  it('is flat up to what is allowed', () => {
    expect(judgeFlatness('heap', [10, 11, 12], 2)).toEqual({
      what: 'heap',
      first: 10,
      last: 12,
      growth: 2,
      allowed: 2,
      flat: true,
    });
    expect(judgeFlatness('heap', [10, 11, 12], 1.9).flat).toBe(false);
  });
});
