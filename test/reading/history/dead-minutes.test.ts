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
  });
});
