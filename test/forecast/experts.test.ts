import { describe, expect, it } from 'vitest';
import {
  growth,
  highOf60,
  lastMinute,
  maxOf10,
  meanOf3,
  sameMinute,
  sameTime,
  type Expert,
} from '../../src/forecast/experts.ts';
import { MinuteCounts } from '../../src/forecast/minute-counts.ts';

const now = 29_000_000;
const day = 1440;

/** What an expert says `ahead` minutes after now, by the counts of these minutes, counted from now. */
function say(expert: Expert, counts: Readonly<Record<number, number>>, ahead = 5): number {
  const minutes = new MinuteCounts();
  for (const [after, count] of Object.entries(counts).sort(([a], [b]) => Number(a) - Number(b)))
    minutes.add(now + Number(after), count);
  return expert(minutes, now, ahead);
}

/** Counts that are the same for some minutes. */
const steady = (from: number, to: number, count: number) =>
  Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [from + index, count]));

describe('lastMinute', () => {
  it('is the last count', () => expect(say(lastMinute, { [-1]: 7, 0: 3, 1: 100 })).toBe(3));
  it('cannot say without it', () => expect(say(lastMinute, { [-1]: 7, 1: 100 })).toBeNaN());
});

describe('meanOf3', () => {
  it('is the mean of three minutes', () =>
    expect(say(meanOf3, { [-3]: 100, [-2]: 1, [-1]: 2, 0: 6, 1: 100 })).toBe(3));
  it('leaves out what is missing', () => expect(say(meanOf3, { [-2]: 1, 0: 6 })).toBe(3.5));
  it('cannot say at the first minute', () => {
    expect(say(meanOf3, { 0: 6 })).toBeNaN();
    expect(say(meanOf3, { [-1]: 2, 0: 6 })).toBe(4);
  });
});

describe('maxOf10', () => {
  it('is the highest of ten minutes', () =>
    expect(say(maxOf10, { [-10]: 100, [-9]: 8, [-5]: 2, 0: 6, 1: 100 })).toBe(8));
  it('cannot say before half of ten minutes are there', () => {
    expect(say(maxOf10, { [-3]: 8, 0: 6 })).toBeNaN();
    expect(say(maxOf10, { [-4]: 8, 0: 6 })).toBe(8);
  });
});

describe('highOf60', () => {
  const hour = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [-index, ((index * 7) % 60) + 1]));

  it('is the count that nine of ten of the last 60 minutes do not exceed', () =>
    expect(say(highOf60, { ...hour, [-60]: 500, 1: 500 })).toBe(54));
  it('leaves out what is missing', () =>
    expect(say(highOf60, { ...steady(-59, -50, 9), ...steady(-8, -1, 4), 0: 100 })).toBe(9));
  it('cannot say before half of 60 minutes are there', () => {
    expect(say(highOf60, { [-28]: 9, 0: 6 })).toBeNaN();
    expect(say(highOf60, { [-29]: 9, 0: 6 })).toBe(9);
  });
});

describe('sameTime', () => {
  it('is the highest within 3 minutes of that time on three days', () => {
    const counts = { [5 - day - 3]: 4, [5 - 2 * day]: 9, [5 - 3 * day + 3]: 6, 0: 1 };
    expect(say(sameTime, counts)).toBe(9);
    const outside = { [5 - day - 4]: 50, [5 - day + 4]: 50, [5 - 4 * day]: 50, 1: 50, 5: 50 };
    expect(say(sameTime, { ...outside, ...counts })).toBe(9);
  });
  it('cannot say without these days', () => expect(say(sameTime, steady(-60, 0, 5))).toBeNaN());
});

describe('growth', () => {
  it('is the mean of three minutes times the largest growth of three days', () => {
    const counts = {
      ...{ ...steady(-day - 2, -day, 9), ...steady(4 - day, 6 - day, 19) },
      ...{ ...steady(-2 * day - 2, -2 * day, 9), ...steady(4 - 2 * day, 6 - 2 * day, 29) },
      ...steady(-2, 0, 50),
    };
    expect(say(growth, counts)).toBe(150);
  });
  it('is at most fourfold', () =>
    expect(
      say(growth, { ...steady(-day - 2, -day, 0), ...steady(4 - day, 6 - day, 99), ...steady(-2, 0, 50) }),
    ).toBe(200));
});

describe('sameMinute', () => {
  const halfHour = (days: number, count: number) => steady(-days * day - 29, -days * day, count);

  it('is the mean of that minute of three days times the growth of the last half hour', () => {
    const counts = {
      ...{ ...halfHour(3, 8), [5 - 3 * day]: 30, ...halfHour(2, 9), [5 - 2 * day]: 40 },
      ...{ ...halfHour(1, 10), [5 - day]: 50, ...halfHour(0, 19) },
    };
    expect(say(sameMinute, counts)).toBe(80);
  });
  it('leaves out a day whose minute is missing', () =>
    expect(
      say(sameMinute, { ...halfHour(2, 500), ...halfHour(1, 9), [5 - day]: 50, ...halfHour(0, 9) }),
    ).toBe(50));
  it('cannot say without these days', () => expect(say(sameMinute, halfHour(0, 9))).toBeNaN());
});
