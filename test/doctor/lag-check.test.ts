import { describe, expect, it } from 'vitest';
import { lagOf } from '../../src/doctor/lag-check.ts';

/** Builds counts at one time, by the age of the second. */
const at = (atSeconds: number, byAge: Readonly<Record<number, number>>) => ({
  atSeconds,
  counts: new Map(Object.entries(byAge).map(([age, count]) => [atSeconds - Number(age), count])),
});

describe('lagOf', () => {
  it('needs no delay if only new seconds received lines', () => {
    const { lines, neededSeconds, missedWith } = lagOf([
      at(100, { 1: 5, 2: 5 }),
      at(102, { 1: 5, 2: 5, 3: 5, 4: 5 }),
    ]);
    expect([lines, neededSeconds, missedWith(0)]).toEqual([10, 0, 0]);
  });

  it('needs the age of the oldest second that received lines, plus one second', () => {
    const { lines, neededSeconds, missedWith } = lagOf([
      at(100, { 20: 5, 12: 1 }),
      at(105, { 25: 5, 17: 4 }),
    ]);
    expect([lines, neededSeconds]).toEqual([3, 13]);
    expect([missedWith(11), missedWith(12)]).toEqual([1, 0]);
  });

  it('returns the share of lines that a shorter delay misses', () => {
    const { missedWith } = lagOf([at(100, { 10: 0 }), at(105, { 15: 1, 3: 3 })]);
    expect([missedWith(9), missedWith(10)]).toEqual([0.25, 0]);
  });

  it('ignores stragglers below the tolerable share', () => {
    const { neededSeconds } = lagOf([at(100, {}), at(105, { 65: 1, 10: 5000 })]);
    expect(neededSeconds).toBe(6);
  });

  it('counts lines that arrive between any two counts', () => {
    const { lines, neededSeconds } = lagOf([at(100, { 5: 1 }), at(105, { 10: 1 }), at(110, { 15: 2 })]);
    expect([lines, neededSeconds]).toEqual([1, 11]);
  });

  it('needs no delay if no line arrived', () => {
    const { lines, neededSeconds, missedWith } = lagOf([at(100, { 5: 1 }), at(105, { 10: 1 })]);
    expect([lines, neededSeconds, missedWith(0)]).toEqual([0, 0, 0]);
  });
});
