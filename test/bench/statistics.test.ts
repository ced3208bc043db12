import { describe, expect, it } from 'vitest';
import { figureOf, median, perMinute, quantile } from '../../bench/statistics.ts';

describe('statistics of repeated runs', () => {
  it('takes quantiles of values in any order', () => {
    const values = [9, 1, 5, 3, 7];
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(values, share))).toEqual([1, 3, 5, 7, 9]);
    expect(
      quantile(
        Array.from({ length: 1000 }, (_, index) => index),
        0.99,
      ),
    ).toBe(989);
  });

  it('takes for the median of an even number what lies between the two in the middle', () => {
    expect([median([4, 1]), median([9, 1, 3, 4]), median([3, 1, 2])]).toEqual([2.5, 3.5, 2]);
    expect(figureOf([9, 1, 3, 4]).value).toBe(3.5);
  });

  it('has nothing to say of nothing', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => figureOf([])).toThrow(RangeError);
  });

  it('gives quartiles where there are several runs', () => {
    expect(figureOf([4, 2, 8, 6, 0])).toEqual({ value: 4, quartiles: [2, 6] });
    expect(figureOf([4])).toEqual({ value: 4 });
  });

  it.each([
    ['12 where a minute holds 13 of every 5 s', Array.from({ length: 13 }, (_, index) => index * 5000), 12],
    ['12 where it holds 12', Array.from({ length: 12 }, (_, index) => 2500 + index * 5000), 12],
    ['by count where there is hardly a gap', [100, 200], 2],
    ['by count where all came at once', [100, 100, 100], 3],
    ['0 where there is none', [], 0],
  ])('counts %s', (_, timesMs, expected) => {
    expect(perMinute(timesMs, 60_000)).toBeCloseTo(expected);
  });

  it('counts by the span it is given', () => {
    expect(perMinute([100, 200], 15_000)).toBe(8);
  });
});
