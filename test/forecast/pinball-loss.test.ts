import { describe, expect, it } from 'vitest';
import { MinuteCounts } from '../../src/forecast/minute-counts.ts';
import { pinball, PinballLoss, weightsOf } from '../../src/forecast/pinball-loss.ts';

describe('pinball', () => {
  it('weighs what was missed by the quantile, and what was too much by the rest', () => {
    expect(pinball(110, 100, 0.9)).toBeCloseTo(9);
    expect(pinball(90, 100, 0.9)).toBeCloseTo(1);
  });
});

describe('PinballLoss', () => {
  it('counts a loss of 8 hours ago half', () => {
    const loss = new PinballLoss(0.5, new MinuteCounts({ binSeconds: 28_800 }));
    loss.add(2, 0);
    loss.add(8, 0);
    expect(loss.mean).toBeCloseTo((0.5 * 1 + 4) / 1.5);
  });

  it('has a half-life of the minutes so far at the start', () => {
    const loss = new PinballLoss(0.5, new MinuteCounts());
    loss.add(2, 0);
    loss.add(8, 0);
    expect(loss.mean).toBeCloseTo((Math.SQRT1_2 * 1 + 4) / (Math.SQRT1_2 + 1));
  });

  it('leaves out what is missing', () => {
    const loss = new PinballLoss(0.5, new MinuteCounts());
    expect(loss.mean).toBeNaN();
    loss.add(NaN, 1);
    loss.add(2, NaN);
    loss.add(2, 0);
    expect(loss.mean).toBe(1);
  });
});

describe('weightsOf', () => {
  it('falls by e to the 12 for twice the loss of the best', () => {
    const [best = 0, twice = 0, mute = 0] = weightsOf([1, 2, NaN]);
    expect(best + twice).toBeCloseTo(1);
    expect(twice / best).toBeCloseTo(Math.exp(-12));
    expect(mute).toBe(0);
  });

  it('is equal where nothing was lost, and 0 where nothing was said', () => {
    expect(weightsOf([0, 0, 3])).toEqual([0.5, 0.5, 0]);
    expect(weightsOf([NaN, NaN])).toEqual([0, 0]);
  });
});
