import { describe, expect, it } from 'vitest';
import { RememberedProbe, type Probe } from '../../../src/reading/delay/remembered-probe.ts';

const asOfSeconds = 1000;

/** A probe with the same number of lines in each second of its window, except for some seconds. */
function probe(
  window: readonly [number, number],
  lines: number,
  others: Readonly<Record<number, number>> = {},
  asOf = window[1],
): Probe {
  const [startSeconds, endSeconds] = window;
  const counts = new Map<number, number>();
  for (let second = startSeconds; second < endSeconds; second++) counts.set(second, others[second] ?? lines);
  return { asOfSeconds: asOf, window: { startSeconds, endSeconds }, counts };
}

const first = (others: Readonly<Record<number, number>> = {}) =>
  new RememberedProbe(probe([880, asOfSeconds], 10, others));
const later = probe([897, 1017], 10);

describe('RememberedProbe', () => {
  it('returns what a reading at that moment would have missed', () => {
    const remembered = first({ 999: 0, 998: 4, 990: 9 });
    remembered.compare(later);
    expect([0, 1, 2, 9, 10].map((delay) => remembered.trial(delay))).toEqual([
      { lines: 150, late: 17 },
      { lines: 150, late: 7 },
      { lines: 150, late: 1 },
      { lines: 150, late: 1 },
      { lines: 150, late: 0 },
    ]);
  });

  it('gives no trial before its seconds are counted again', () => {
    expect(first().trial(5)).toBeUndefined();
  });

  it('gives no trial for seconds that the next probe did not reach', () => {
    const remembered = first();
    remembered.compare(later);
    expect(remembered.trial(1000 - 897 - 15)).toBeDefined();
    expect(remembered.trial(1000 - 897 - 15 + 1)).toBeUndefined();
    remembered.compare(probe([2000, 2120], 10));
    expect(remembered.trial(1000 - 897 - 15)).toEqual({ lines: 150, late: 0 });
  });

  it('gives no trial for seconds that it did not count itself', () => {
    const remembered = new RememberedProbe(probe([880, 996], 10, {}, asOfSeconds));
    remembered.compare(later);
    expect(remembered.trial(3)).toBeUndefined();
    expect(remembered.trial(4)).toEqual({ lines: 150, late: 0 });
  });

  it('uses the highest count of any later probe', () => {
    const remembered = first();
    remembered.compare(probe([897, 1017], 12));
    remembered.compare(probe([914, 1034], 3));
    expect(remembered.trial(0)).toEqual({ lines: 180, late: 30 });
  });

  it('treats a count that has shrunk as complete', () => {
    const remembered = first();
    remembered.compare(probe([897, 1017], 3));
    expect(remembered.trial(0)).toEqual({ lines: 150, late: 0 });
  });

  it('has lines if any second had one, at the probe or later', () => {
    const remembered = new RememberedProbe(probe([880, asOfSeconds], 0));
    expect(remembered.hasLines).toBe(false);
    remembered.compare(probe([897, 1017], 0, { 999: 1 }));
    expect(remembered.hasLines).toBe(true);
  });
});
