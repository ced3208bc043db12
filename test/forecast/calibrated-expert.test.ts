import { describe, expect, it } from 'vitest';
import { CalibratedExpert } from '../../src/forecast/calibrated-expert.ts';
import { MinuteCounts } from '../../src/forecast/minute-counts.ts';

const start = 29_000_000;

/** What is said after each of these counts for 2 minutes later, by an expert that always says 9.7. */
function learn(counts: readonly (number | undefined)[]) {
  const minutes = new MinuteCounts();
  const options = { quantile: 0.5, ahead: 2, minErrors: 2 };
  const expert = new CalibratedExpert(() => 9.7, minutes, options);
  const said = counts.map((count, index) => {
    minutes.add(start + index, count);
    return Number(expert.next(start + index).toFixed(1));
  });
  return { said, loss: expert.loss.mean };
}

const saidAfter = (counts: readonly (number | undefined)[]) => learn(counts).said;

describe('CalibratedExpert', () => {
  it('multiplies by the quantile of what came over what was said', () => {
    // 19.7, 39.7 and 39.7 came where 9.7 was said: with 0.3 added, 2, 4 and 4 times as much.
    expect(saidAfter([5, 5, 19.7, 39.7, 39.7])).toEqual([NaN, NaN, NaN, 19.7, 39.7]);
  });

  it('says nothing at a missing minute, and learns nothing from it', () => {
    expect(saidAfter([5, 5, 19.7, undefined, 39.7, 39.7])).toEqual([NaN, NaN, NaN, NaN, 19.7, 19.7]);
  });

  it('learns its loss before it has errors enough to say anything', () => {
    const { said, loss } = learn([5, 5, 19.7]);
    expect(said).toEqual([NaN, NaN, NaN]);
    expect(loss).toBeCloseTo(0.5 * (19.7 - 9.7));
  });

  it('never says less than zero', () => {
    expect(saidAfter([5, 5, 0, 0, 0])).toEqual([NaN, NaN, NaN, 0, 0]);
  });
});
