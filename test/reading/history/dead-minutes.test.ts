import { describe, expect, it } from 'vitest';
import { DeadMinutes } from '../../../src/reading/history/dead-minutes.ts';

/** `c` counted, `0` zero, `m` missing; one character a minute of the lines `x` (some), `.` (none), `?` (unknown). */
function settled(minutes: string, holdSeconds = 600): string {
  const dead = new DeadMinutes(holdSeconds);
  const result: string[] = [];
  for (const [minute, lines] of Array.from(minutes).entries()) {
    const of = dead.settle(minute, lines === 'x' ? 3 : lines === '.' ? 0 : undefined);
    for (const one of of) {
      expect(one.minute).toBe(result.length);
      result.push({ counted: 'c', zero: '0', missing: 'm' }[one.is]);
    }
  }
  return result.join('');
}

describe('minutes without a line of the whole logstore', () => {
  it.each([
    ['are missing before the first line, which the retention may have dropped', '.......x', 'mmmmmmmc'],
    ['are zero if they are up to 4', 'x....x', 'c0000c'],
    ['are not certain until it is known how many they are', 'x....', 'c'],
    ['are missing if they are 5 or more', 'x.....x', 'cmmmmmc'],
    ['are zero once a silence has lasted for the hold time', `x${'.'.repeat(13)}x`, `c${'m'.repeat(10)}000c`],
    ['are missing beside a minute that could not be counted', 'x..?..x', 'cmmm00c'],
  ])('%s', (_, minutes, expected) => {
    expect(settled(minutes)).toBe(expected);
  });

  it('are zero at once without a hold time', () => {
    expect(settled('x......x', 0)).toBe('c000000c');
    expect(settled(`${'x'.repeat(60)}.x`, 0)).toBe(`${'c'.repeat(60)}0c`);
  });

  it('are missing, however few, after an hour whose minutes all had lines, once', () => {
    expect(settled(`.${'x'.repeat(60)}..xx.x`)).toBe(`m${'c'.repeat(60)}mmmc0c`);
    expect(settled(`${'x'.repeat(59)}..x`)).toBe(`${'c'.repeat(59)}00c`);
  });

  it('are followed by a missing one then, which may have the lines of all of them', () => {
    expect(settled(`${'x'.repeat(60)}${'.'.repeat(7)}xx`)).toBe(`${'c'.repeat(60)}${'m'.repeat(8)}c`);
    expect(settled(`${'x'.repeat(60)}${'.'.repeat(12)}xx`)).toBe(`${'c'.repeat(60)}${'m'.repeat(10)}00mc`);
  });

  it('are counted if their lines are there when they are counted again', () => {
    const dead = new DeadMinutes(600);
    for (let minute = 0; minute < 60; minute++) dead.settle(minute, 9);
    for (const minute of [60, 61, 62, 63]) expect(dead.settle(minute, 0)).toEqual([]);
    const again = [0, 0, 4, 9, 9].map((lines, index) => dead.settle(60 + index, lines));
    expect(again.flat().map(({ minute, is }) => [minute, is])).toEqual([
      ...[60, 61, 62].map((minute) => [minute, 'missing']),
      ...[63, 64].map((minute) => [minute, 'counted']),
    ]);
    const all = [9, 9, 9, 9, 9].map((lines, index) => dead.settle(60 + index, lines));
    expect(all.flat().map(({ is }) => is)).toEqual(Array(5).fill('counted'));
  });
});
