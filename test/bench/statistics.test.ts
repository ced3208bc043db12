import { describe, expect, it } from 'vitest';
import { figureOf, median, perMinute, quantile } from '../../bench/statistics.ts';

describe('statistics of repeated runs', () => {
  it('returns quantiles of unsorted values', () => {
    const values = [9, 1, 5, 3, 7];
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(values, share))).toEqual([1, 3, 5, 7, 9]);
    expect(
      quantile(
        Array.from({ length: 1000 }, (_, index) => index),
        0.99,
      ),
    ).toBe(989);
  });

  it('returns the mean of the two middle values as the median of an even number', () => {
    expect([median([4, 1]), median([9, 1, 3, 4]), median([3, 1, 2])]).toEqual([2.5, 3.5, 2]);
    expect(figureOf([9, 1, 3, 4]).value).toBe(3.5);
  });

  it('throws a RangeError without values', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => figureOf([])).toThrow(RangeError);
  });

  it('returns quartiles if there are several runs', () => {
    expect(figureOf([4, 2, 8, 6, 0])).toEqual({ value: 4, quartiles: [2, 6] });
    expect(figureOf([4])).toEqual({ value: 4 });
  });

  it.each([
    [
      '12 per minute if one minute has 13 events at intervals of 5 s',
      Array.from({ length: 13 }, (_, index) => index * 5000),
      12,
    ],
    ['12 per minute if it has 12 of them', Array.from({ length: 12 }, (_, index) => 2500 + index * 5000), 12],
    ['by number with fewer than three events', [100, 200], 2],
    ['by number if all events are at the same time', [100, 100, 100], 3],
    ['0 per minute without events', [], 0],
  ])('counts events: %s', (_, timesMs, expected) => {
    expect(perMinute(timesMs, 60_000)).toBeCloseTo(expected);
  });

  it('scales the number of events from the given span to a minute', () => {
    expect(perMinute([100, 200], 15_000)).toBe(8);
  });
});
