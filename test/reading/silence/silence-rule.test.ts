import { describe, expect, it } from 'vitest';
import { LineTimeline } from '../../../src/reading/silence/line-timeline.ts';
import { endedSilenceIn, silenceAtEnd } from '../../../src/reading/silence/silence-rule.ts';
import { seeded } from '../../support/seeded.ts';

type Lines = (second: number) => number;

const end = 1200;

function timelineOf(lines: Lines, untilSecond: number): LineTimeline {
  const seconds = Array.from({ length: untilSecond }, (_, second) => [second, lines(second)] as const);
  const counts = new Map(seconds.filter(([, count]) => count > 0));
  return LineTimeline.of({ startSeconds: 0, endSeconds: untilSecond }, counts);
}

const questionAt = (endSeconds: number, holdSeconds = 600) => ({
  window: { startSeconds: endSeconds - 15, endSeconds },
  newestSeconds: undefined,
  settledSeconds: endSeconds,
  holdSeconds,
});

/** The lengths of gaps that are tried. */
const gaps = [...Array.from({ length: 70 }, (_, index) => index + 1), 300, 360, 361, 599];

/** Returns the first gap with which a logstore is silent that has no line from `end` on; undefined: there is none. */
function silentAfter(lines: Lines): number | undefined {
  const before = timelineOf(lines, end);
  const last = before.lastBefore(end) ?? 0;
  return gaps.find((gap) => {
    const after = { startSeconds: end, endSeconds: last + 1 + gap };
    if (after.endSeconds <= end) return false;
    const timeline = before.extended(LineTimeline.of(after, new Map()), 2 * end);
    return silenceAtEnd(timeline, questionAt(after.endSeconds)) !== undefined;
  });
}

/** Poisson numbers around a mean, the same for the same second and seed. */
const poisson =
  (meanAt: (second: number) => number, seed = 1): Lines =>
  (second) => {
    const random = seeded(seed * 100_003 + second);
    const least = Math.exp(-meanAt(second));
    let count = 0;
    for (let product = random(); product > least; product *= random()) count += 1;
    return count;
  };

const seeds = Array.from({ length: 8 }, (_, seed) => seed + 1);

describe('a logstore is silent', () => {
  it.each<[string, Lines, number]>([
    ['9 lines each second', () => 9, 4],
    ['a line each second', () => 1, 4],
    ['a line every two seconds', (second) => (second % 2 === 0 ? 1 : 0), 21],
    ['a line every four seconds', (second) => (second % 4 === 0 ? 4 : 0), 49],
    ['9 lines each second, since a minute', (second) => (second < end - 60 ? 0 : 9), 4],
    ['9 lines each second, after a stall of 100 s', (second) => (second > 900 && second <= 1000 ? 0 : 9), 4],
    ['9 lines each second, after two gaps of 5 s', (second) => (second % 200 < 5 ? 0 : 9), 11],
    ['pauses of three minutes twice in ten', (second) => (second % 240 < 180 ? 0 : 9), 361],
    ['a third of the traffic since a minute', (second) => (second < end - 60 ? 9 : 3), 4],
  ])('after %s', (_, lines, gap) => {
    expect(silentAfter(lines)).toBe(gap);
  });

  it.each([
    [9, 5],
    [3, 12],
    [1, 26],
  ])('after Poisson traffic of %d a second, within %d s', (mean, most) => {
    for (const seed of seeds) expect(silentAfter(poisson(() => mean, seed))).toBeLessThanOrEqual(most);
  });
});

describe('a logstore is not silent', () => {
  it.each<[string, Lines]>([
    ['it has no line', () => 0],
    ['it has a line every six seconds', (second) => (second % 6 === 0 ? 1 : 0)],
    ['it had lines for 20 s only', (second) => (second < end - 20 ? 0 : 9)],
    ['all lines of a minute come at once', (second) => (second % 60 === 0 ? 500 : 0)],
  ])('if %s', (_, lines) => {
    expect(silentAfter(lines)).toBeUndefined();
  });

  it.each([30, 60, 120, 300, 600, 1100])('if its lines fade out within %d s', (seconds) => {
    for (const seed of seeds) {
      const lines = poisson((second) => 50 * Math.min(1, (end - second) / seconds), seed);
      expect([seed, silentAfter(lines)]).toEqual([seed, undefined]);
    }
  });

  it.each([0.1, 0.3, 1, 3, 9])('within an hour of Poisson traffic of %d a second', (mean) => {
    const hour = 3600;
    const lines = poisson(() => mean, 42);
    const whole = timelineOf(lines, hour);
    const alarms: number[] = [];
    for (let second = 700; second < hour; second++) {
      const isGap = [0, 1, 2, 3].every((before) => whole.linesIn(second - before) === 0);
      if (!isGap) continue;
      const counted = LineTimeline.of(
        { startSeconds: Math.max(0, second - end), endSeconds: second + 1 },
        new Map(
          Array.from({ length: end }, (_, age) => second - age)
            .filter((one) => one >= 0 && whole.linesIn(one) > 0)
            .map((one) => [one, whole.linesIn(one)]),
        ),
      );
      if (silenceAtEnd(counted, questionAt(second + 1)) !== undefined) alarms.push(second);
    }
    expect(alarms).toEqual([]);
  });
});

describe('a silence', () => {
  const nine: Lines = (second) => (second < end ? 9 : 0);

  it('tells its last line and the lines a minute before, and is held until its hold has passed', () => {
    const at = (gap: number) => silenceAtEnd(timelineOf(nine, end + gap), questionAt(end + gap));
    const silence = {
      lastSeconds: end - 1,
      nextSeconds: undefined,
      linesAMinuteBefore: 540,
      hasOtherLines: false,
    };
    expect(at(599)).toEqual({ ...silence, isHeld: true });
    expect(at(600)).toEqual({ ...silence, isHeld: false });
  });

  it('ends with a line that another query has seen', () => {
    const question = questionAt(end + 60);
    const timeline = timelineOf(nine, end + 60);
    expect(silenceAtEnd(timeline, { ...question, newestSeconds: end + 58 })).toBeUndefined();
    expect(silenceAtEnd(timeline, { ...question, newestSeconds: end + 60 })).toBeUndefined();
  });

  const stall: Lines = (second) => (second >= end && second < end + 60 ? 0 : 9);
  const timeline = timelineOf(stall, end + 200);
  const ended = (endSeconds: number, seconds = 15) =>
    endedSilenceIn(timeline, {
      ...questionAt(endSeconds),
      window: { startSeconds: endSeconds - seconds, endSeconds },
      settledSeconds: end + 190,
    });

  it('that has ended is found while more than a tenth of the window lies in it', () => {
    expect(ended(end + 61)).toMatchObject({ lastSeconds: end - 1, nextSeconds: end + 60 });
    expect(ended(end + 73)).toMatchObject({ lastSeconds: end - 1 });
    expect(ended(end + 74)).toBeUndefined();
    expect(ended(end + 1)).toBeUndefined();
    expect(ended(end + 100, 600)).toBeUndefined();
    expect(ended(end + 100, 599)).toMatchObject({ lastSeconds: end - 1 });
  });

  it('is not seen where later lines may still arrive', () => {
    const question = { ...questionAt(end + 66), settledSeconds: end + 2 };
    expect(endedSilenceIn(timeline, question)).toBeUndefined();
  });
});
