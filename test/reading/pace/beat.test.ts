import { describe, expect, it } from 'vitest';
import { Beat } from '../../../src/reading/pace/beat.ts';

const startMs = 1_700_000_000_000;

/** Reads after pauses of so many seconds, and returns when the next read is due, in seconds after the last one. */
function dueAfter(pausesSeconds: readonly number[], laterSeconds = 0): number | undefined {
  const beat = new Beat();
  let nowMs = startMs;
  beat.read(nowMs);
  for (const seconds of pausesSeconds) beat.read((nowMs += seconds * 1000));
  const dueMs = beat.nextMs(nowMs + laterSeconds * 1000);
  return dueMs === undefined ? undefined : Math.round(dueMs - nowMs) / 1000;
}

describe('the next read of a series is due', () => {
  it.each<[string, readonly number[], number | undefined]>([
    ['never after one read', [], undefined],
    ['never after two reads', [15], undefined],
    ['after the usual interval', [15, 15], 15],
    [
      'by the intervals of the last eight reads',
      [...Array<number>(20).fill(60), ...Array<number>(8).fill(15)],
      15,
    ],
    ['a little early if the intervals differ a little', [15, 16, 15.2, 17, 15.4, 15.8, 16.5, 17.5], 15.2],
    ['in the beat, in spite of one long pause', [15, 15, 15, 40, 15, 15], 15],
    ['never if the intervals have no beat', [3, 40, 9, 70, 22, 51], undefined],
    ['by a beat that two reads at once do not disturb', [15, 0.2, 14.8, 0.3, 14.7], 15],
    ['never after a pause of minutes', [15, 15, 15, 120], undefined],
    ['by the beat after that pause', [15, 15, 15, 120, 30, 30], 30],
    ['after the next interval of a poll every 30 s beside reads every 15 s', [7, 8, 15, 7, 8, 15], 7],
    ['after the interval that follows in such a cycle', [7, 8, 15.2, 7.1, 8, 14.9, 7.2], 8],
    [
      'by the evenly spaced reads that are left of such a cycle',
      [7, 8, 15, ...Array<number>(8).fill(30)],
      30,
    ],
    ['rather early until such a cycle has repeated', [7, 8, 15, 7, 8], 7],
  ])('%s', (_, pauses, due) => {
    expect(dueAfter(pauses)).toBe(due);
  });

  it('one beat later for each read that is missed, at most two', () => {
    const steady = [15, 15, 15];
    expect(dueAfter(steady, 15)).toBe(15);
    expect(dueAfter(steady, 16)).toBe(30);
    expect(dueAfter(steady, 31)).toBe(45);
    expect(dueAfter(steady, 46)).toBeUndefined();
  });

  it('later in the cycle of reads for each one that is missed', () => {
    const cycle = [7, 8, 15, 7, 8, 15];
    expect(dueAfter(cycle, 8)).toBe(15);
    expect(dueAfter(cycle, 16)).toBe(30);
    expect(dueAfter(cycle, 46)).toBeUndefined();
  });
});

describe('a reader is gone', () => {
  it('when it missed three reads of its beat', () => {
    const beat = new Beat();
    for (const seconds of [0, 15, 30]) beat.read(startMs + seconds * 1000);
    expect(beat.isGone(startMs + 75_000)).toBe(false);
    expect(beat.isGone(startMs + 75_001)).toBe(true);
  });

  it('after 90 s if it has no beat yet', () => {
    const beat = new Beat();
    beat.read(startMs);
    expect(beat.isGone(startMs + 90_000)).toBe(false);
    expect(beat.isGone(startMs + 90_001)).toBe(true);
  });
});
