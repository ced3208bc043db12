import { describe, expect, it } from 'vitest';
import { planRefresh } from '../../../src/reading/pace/next-refresh.ts';

/** A refresh takes no time, and ends 0.25 s before its first read. */
const plan = (dueSeconds: readonly number[], startsSeconds: readonly number[] = [-Infinity, -Infinity]) => {
  const next = planRefresh({
    dueMs: dueSeconds.map((one) => one * 1000),
    durationMs: 0,
    unixOffsetMs: 0,
    startsMs: startsSeconds.map((one) => one * 1000),
  });
  return next && { start: next.startMs / 1000, servesBefore: next.servesBeforeMs / 1000 };
};

describe('the next refresh', () => {
  it('starts so that it ends a quarter of a second before the first read that is due', () => {
    expect(plan([110])).toEqual({ start: 109.75, servesBefore: Infinity });
    const times = { dueMs: [110_000], durationMs: 80, startsMs: [-Infinity], unixOffsetMs: 0 };
    expect(planRefresh(times)?.startMs).toBe(109_670);
  });

  it('is not needed if no read is due, or if the last one counted the same lines', () => {
    expect(plan([])).toBeUndefined();
    expect(plan([110, 110.2], [-Infinity, 109.1])).toBeUndefined();
  });

  it('serves reads within a second after the first, while the budget is enough for the others', () => {
    expect(plan([110.3, 110.9, 115])).toEqual({ start: 110.05, servesBefore: 115 });
    expect(plan([110.9, 111.4, 115])).toEqual({ start: 110.65, servesBefore: 115 });
    expect(plan([110.3, 111.4, 115], [-Infinity, -Infinity, -Infinity])).toEqual({
      start: 110.05,
      servesBefore: 111.4,
    });
  });

  it('is for the reads with the lowest ages altogether, if there are more than the budget allows', () => {
    // The one after the next may start 14.5 s after the last.
    expect(plan([102, 102.1, 102.2, 104], [-Infinity, 100])?.start).toBe(101.75);
    expect(plan([102, 104, 112], [-Infinity, 100])?.start).toBe(111.75);
    expect(plan([102, 112, 112.1, 112.2], [-Infinity, 100])).toEqual({
      start: 111.75,
      servesBefore: Infinity,
    });
    expect(plan([102, 112, 116], [-Infinity, 100])).toEqual({ start: 111.75, servesBefore: 116 });
  });

  it('takes the second of the log into account: lines count up to the last whole second', () => {
    // Three seconds' lines for one read, or four seconds' for each of six.
    const due = [104.2, 104.3, 104.4, 104.5, 104.6, 104.7, 104.8];
    expect(plan(due, [-Infinity, 100])?.start).toBeCloseTo(104.05);
    expect(plan([104.2, 104.3], [-Infinity, 100])?.start).toBeCloseTo(103.95);
  });

  it('starts no earlier than a period after the first refresh of the budget, less half a second', () => {
    expect(plan([105, 114.8], [100, 101])).toEqual({ start: 114.55, servesBefore: Infinity });
    expect(plan([105, 114.7], [100, 101])).toBeUndefined();
  });
});
