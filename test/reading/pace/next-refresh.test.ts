import { describe, expect, it } from 'vitest';
import { planRefresh } from '../../../src/reading/pace/next-refresh.ts';

const plan = (dueSeconds: readonly number[], servedUntilSeconds = -Infinity, budget = 4) => {
  const times = planRefresh({
    dueMs: dueSeconds.map((one) => one * 1000),
    servedUntilMs: servedUntilSeconds * 1000,
    budget,
  });
  return times && { end: times.endMs / 1000, serves: Math.round(times.servesUntilMs / 100) / 10 };
};

describe('the next refresh', () => {
  it('is planned for the first read that is due, and ends half a second before it', () => {
    expect(plan([10])).toEqual({ end: 9.5, serves: 11 });
  });

  it('is not needed if no read is due, or the last refresh serves all', () => {
    expect(plan([])).toBeUndefined();
    expect(plan([10, 10.8], 11)).toBeUndefined();
  });

  it('serves reads within a second after the first, while the budget is enough for the others', () => {
    expect(plan([1, 1.5, 4, 7, 7.9, 12])).toEqual({ end: 0.5, serves: 2 });
    expect(plan([1, 1.5, 4, 7, 7.9, 12], 2)).toEqual({ end: 3.5, serves: 5 });
  });

  it('serves reads of a longer time, as short as the budget allows, if there are more', () => {
    expect(plan([0, 2, 4, 6, 8, 10, 12, 14])).toEqual({ end: -0.5, serves: 2 });
    expect(plan([0, 2, 4, 6, 8, 10, 12, 14], -Infinity, 2)).toEqual({ end: -0.5, serves: 6 });
    expect(plan([0, 2, 4, 6, 8, 10, 12, 14], -Infinity, 1)).toEqual({ end: -0.5, serves: 14 });
  });
});
