import { describe, expect, it } from 'vitest';
import { Tally } from '../../../src/cli/loadtest/tally.ts';

describe('Tally', () => {
  it('counts a request in the step in which it was due, whenever it ends', () => {
    const tally = new Tally(10_000, 2);
    tally.sent(4999);
    tally.ended({ dueMs: 4999, endMs: 5099, ending: 200 });
    tally.sent(5000);
    tally.ended({ dueMs: 5000, endMs: 5001, ending: 503 });
    tally.unsent(9999);
    expect(tally.steps()).toMatchObject([
      { fromMs: 0, toMs: 5000, sent: 1, unsent: 0, answered: 1, failed: 0 },
      { fromMs: 5000, toMs: 10_000, sent: 1, unsent: 1, answered: 0, failed: 1 },
    ]);
    expect(tally.total()).toMatchObject({ sent: 2, unsent: 1, answered: 1, failed: 1 });
  });

  it('has percentiles of answers within a thousandth, and none without answers', () => {
    const tally = new Tally(1000, 1);
    for (let ms = 1; ms <= 1000; ms += 1) tally.ended({ dueMs: 0, endMs: ms, ending: 200 });
    tally.ended({ dueMs: 0, endMs: 10_000, ending: 'timeout' });
    const { latencyMs, failed } = tally.total();
    for (const [percentile, wanted] of [
      [latencyMs?.p50, 500],
      [latencyMs?.p95, 950],
      [latencyMs?.p99, 990],
    ] as const)
      expect(Math.abs((percentile ?? 0) / wanted - 1)).toBeLessThan(0.002);
    expect(failed).toBe(1);
    expect(new Tally(1000, 1).total().latencyMs).toBeUndefined();
  });

  it('lists endings, the most frequent first', () => {
    const tally = new Tally(1000, 1);
    for (const ending of [200, 'ECONNREFUSED', 200, 503, 200, 503])
      tally.ended({ dueMs: 0, endMs: 1, ending });
    expect(tally.endings()).toEqual([
      [200, 3],
      [503, 2],
      ['ECONNREFUSED', 1],
    ]);
  });

  it('returns only the steps that have begun', () => {
    const steps = new Tally(10_000, 5).steps(3000);
    expect(steps.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [0, 2000],
      [2000, 3000],
    ]);
  });
});
