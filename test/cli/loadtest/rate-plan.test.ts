import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dueMs,
  plannedRequests,
  rateAt,
  type RatePlan,
  requestsUntil,
} from '../../../src/cli/loadtest/rate-plan.ts';

const guide: RatePlan = { fromPerSecond: 5, toPerSecond: 80, durationMs: 600_000 };

const plans = fc.record({
  fromPerSecond: fc.double({ min: 0, max: 100, noNaN: true }),
  toPerSecond: fc.double({ min: 0.1, max: 100, noNaN: true }),
  durationMs: fc.integer({ min: 1000, max: 600_000 }),
});

describe('a rate plan', () => {
  it('rises linearly', () => {
    expect([0, 300_000, 600_000].map((atMs) => rateAt(guide, atMs))).toEqual([5, 42.5, 80]);
  });

  it('has as many requests as the rate amounts to over time', () => {
    expect(plannedRequests(guide)).toBe(25_500);
    expect(plannedRequests({ fromPerSecond: 20, toPerSecond: 20, durationMs: 60_000 })).toBe(1200);
  });

  it('spaces a steady rate evenly', () => {
    const steady: RatePlan = { fromPerSecond: 4, toPerSecond: 4, durationMs: 10_000 };
    expect([1, 2, 3].map((number) => dueMs(steady, number))).toEqual([250, 500, 750]);
  });

  it('computes due times that agree with the number of requests until then', () => {
    fc.assert(
      fc.property(plans, fc.double({ min: 0, max: 1, noNaN: true }), (plan, share) => {
        const number = Math.max(1, Math.floor(share * plannedRequests(plan)));
        if (number > plannedRequests(plan)) return;
        const due = dueMs(plan, number);
        expect(due).toBeLessThanOrEqual(plan.durationMs * 1.000001);
        expect(requestsUntil(plan, due)).toBeCloseTo(number, 3);
      }),
    );
  });
});
