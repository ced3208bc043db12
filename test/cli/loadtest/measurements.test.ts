import { describe, expect, it } from 'vitest';
import { Measurements } from '../../../src/cli/loadtest/measurements.ts';

const lasting = (durationMs: number) => new Measurements({ fromPerSecond: 1, toPerSecond: 1, durationMs });

describe('Measurements', () => {
  it('count a request in the step in which it was due, whenever it ends', () => {
    const measurements = lasting(2000);
    measurements.sent(999);
    measurements.ended(999, 1099, 200);
    measurements.sent(1000);
    measurements.ended(1000, 1001, 503);
    measurements.unsent(1999);
    expect(measurements.report()).toMatchObject({
      steps: [
        { fromSeconds: 0, toSeconds: 1, sent: 1, unsent: 0, answered: 1, failed: 0 },
        { fromSeconds: 1, toSeconds: 2, sent: 1, unsent: 1, answered: 0, failed: 1 },
      ],
      total: { sent: 2, unsent: 1, answered: 1, failed: 1 },
    });
  });

  it('have percentiles of answers within a thousandth, and none without answers', () => {
    const measurements = lasting(1000);
    for (let ms = 1; ms <= 1000; ms += 1) measurements.ended(0, ms, 200);
    measurements.ended(0, 10_000, 'timeout');
    const { latencyMs, failed } = measurements.total();
    for (const [percentile, wanted] of [
      [latencyMs?.p50, 500],
      [latencyMs?.p95, 950],
      [latencyMs?.p99, 990],
    ] as const)
      expect(Math.abs((percentile ?? 0) / wanted - 1)).toBeLessThan(0.002);
    expect(failed).toBe(1);
    expect(lasting(1000).total().latencyMs).toBeNull();
  });

  it('list endings, the most frequent first', () => {
    const measurements = lasting(1000);
    for (const ending of [200, 'ECONNREFUSED', 200, 503, 200, 503]) measurements.ended(0, 1, ending);
    expect(measurements.report().endings).toEqual([
      [200, 3],
      [503, 2],
      ['ECONNREFUSED', 1],
    ]);
  });

  it('have only the steps that have begun', () => {
    const { steps } = lasting(20_000).report(3000);
    expect(steps.map(({ fromSeconds, toSeconds }) => [fromSeconds, toSeconds])).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });
});
