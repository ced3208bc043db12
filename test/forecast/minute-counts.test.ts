import { describe, expect, it } from 'vitest';
import { MinuteCounts } from '../../src/forecast/minute-counts.ts';

const start = 29_000_000;

function holding(counts: Readonly<Record<number, number | undefined>>, days = 1): MinuteCounts {
  const minutes = new MinuteCounts({ days });
  for (const [after, count] of Object.entries(counts)) minutes.add(start + Number(after), count);
  return minutes;
}

const from = (minutes: MinuteCounts, first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => minutes.at(start + first + index));

describe('MinuteCounts', () => {
  it('holds nothing before the first count', () => {
    const minutes = holding({ 0: undefined, 1: undefined });
    expect(minutes.isEmpty).toBe(true);
    minutes.add(start + 2, 7);
    expect([minutes.isEmpty, minutes.first, minutes.last]).toEqual([false, start + 2, start + 2]);
    expect(from(minutes, 0, 3)).toEqual([NaN, NaN, 7, NaN]);
  });

  it('takes minutes that are left out, undefined or no count for missing, and zero for zero', () => {
    const minutes = holding({ 0: 1, 2: 0, 3: undefined, 4: -1, 5: NaN, 6: 1e39, 7: 5 });
    expect(from(minutes, 0, 7)).toEqual([1, NaN, 0, NaN, NaN, NaN, NaN, 5]);
  });

  it('holds so many days', () => {
    const minutes = holding({ 0: 1, 1: 2, 1440: 3 });
    expect([minutes.first, minutes.at(start), minutes.at(start + 1)]).toEqual([start + 1, NaN, 2]);
  });

  it('takes back later minutes when the clock was set back', () => {
    const minutes = holding({ 0: 1, 1: 2, 2: 3 });
    minutes.add(start + 1, 9);
    expect(from(minutes, 0, 2)).toEqual([1, 9, NaN]);
    minutes.add(start + 3, 4);
    expect(from(minutes, 0, 3)).toEqual([1, 9, NaN, 4]);
  });

  it('does not show what was written over by minutes that were taken back', () => {
    const minutes = holding({ 0: 1, 10: 2, 1445: 3 });
    minutes.add(start + 20, 4);
    expect(from(minutes, 0, 5)).toEqual([NaN, NaN, NaN, NaN, NaN, NaN]);
    expect([minutes.first, minutes.at(start + 10), minutes.at(start + 20)]).toEqual([start + 6, 2, 4]);
  });

  it.each([
    ['a day ahead', 1441],
    ['far ahead', 1e6],
    ['before all that is held', -1],
  ])('begins anew when the clock is %s', (_, step) => {
    const minutes = holding({ 0: 1 });
    minutes.add(start + step, 2);
    expect([minutes.first, minutes.last, minutes.at(start), minutes.at(start + step)]).toEqual([
      start + step,
      start + step,
      NaN,
      2,
    ]);
  });

  it('counts minutes in its bins', () => {
    const bins = new MinuteCounts({ binSeconds: 300 });
    expect([bins.binsPerDay, bins.bins(10), bins.bins(3), bins.bins(1)]).toEqual([288, 2, 1, 1]);
  });
});
