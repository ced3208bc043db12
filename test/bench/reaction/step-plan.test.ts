import { describe, expect, it } from 'vitest';
import { stepOffsets, steppingRoutes } from '../../../bench/reaction/step-plan.ts';

const periodSeconds = 15;
const gapSeconds = periodSeconds / steppingRoutes;
const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);

describe('the plan of steps', () => {
  const even = Array.from({ length: steppingRoutes }, (_, place) => place);

  it('spreads them evenly over the period', () => {
    expect(sorted(stepOffsets(periodSeconds).map((offset) => Math.round(offset / gapSeconds)))).toEqual(even);
  });

  it('has every distance to the next read of the route once', () => {
    const distances = stepOffsets(periodSeconds).map((offset, place) => {
      const readSeconds = place * gapSeconds;
      return Math.round((readSeconds - offset + periodSeconds) / gapSeconds) % steppingRoutes;
    });
    expect(sorted(distances)).toEqual(even);
  });
});
