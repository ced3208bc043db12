import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jitteredPauseMs } from '../../src/runtime/back-off.ts';

describe('the pause with full jitter', () => {
  it.each([
    [1, 0, 0],
    [1, 0.5, 125],
    [1, 0.999, 250],
    [2, 0.5, 250],
    [4, 0.5, 1000],
    [5, 0.5, 2000],
    [21, 0.5, 2000],
    [2001, 0.5, 2000],
  ])('after %i failures at random %f is %i ms', (failures, random, expected) => {
    const settings = { firstPauseMs: 250, longestPauseMs: 4000, random: () => random };
    expect(jitteredPauseMs(failures, settings)).toBe(expected);
  });

  it('stays within a bound that doubles with each failure, up to the longest pause', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(50), random, (retries, drawn) => {
        const settings = { firstPauseMs: 250, longestPauseMs: 4000, random: () => drawn };
        const ms = jitteredPauseMs(retries + 1, settings);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(Math.min(4000, 250 * 2 ** retries));
      }),
    );
  });
});
