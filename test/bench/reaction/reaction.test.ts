import { describe, expect, it } from 'vitest';
import {
  enoughFromSeconds,
  reflectsFully,
  reactionOf,
  steppingRoutes,
  stepOffsets,
  stockReading,
  type Step,
} from '../../../bench/reaction/reaction.ts';
import type { SeenLines } from '../../../bench/sls/messages.ts';

const step: Step = { route: 'default-web-80', atMs: 100_400, fromPerSecond: 10, toPerSecond: 50 };
const reading = (windowEndSeconds: number, value = 50) => ({ value, windowSeconds: 15, windowEndSeconds });
describe('the reaction to a step in traffic', () => {
  it('ends with a reading whose window is after the step and whose value is 99 % of the new rate', () => {
    expect(reflectsFully(step, reading(116))).toBe(true);
    expect(reflectsFully(step, reading(115))).toBe(false);
    expect(reflectsFully(step, reading(116, 49.5))).toBe(true);
    expect(reflectsFully(step, reading(116, 49.4))).toBe(false);
  });

  it('is the sum of window, wait for the HPA, delay and age', () => {
    const received = [
      { ...reading(111, 35), queriedMs: 116_700, receivedMs: 118_000 },
      { ...reading(126, 49), queriedMs: 131_700, receivedMs: 133_000 },
      { ...reading(141), queriedMs: 146_700, receivedMs: 148_000 },
    ];
    expect(reactionOf(step, received, 114)).toEqual({
      enoughMs: 32_600,
      windowMs: 13_600,
      syncMs: 12_000,
      delayMs: 5000,
      ageMs: 2000,
      fullMs: 47_600,
    });
  });

  it('is undefined if no reading asks for enough replicas', () => {
    const received = [{ ...reading(115, 45), queriedMs: 116_700, receivedMs: 118_000 }];
    expect(reactionOf(step, received, 114)).toBeUndefined();
  });

  it('can be seen as soon as the lines of a window ask for enough replicas', () => {
    const lines = Array.from({ length: 120 }, (_, index) => ({
      route: step.route,
      second: 30 + index,
      count: 30 + index < 101 ? 10 : 50,
      visibleMs: 0,
    }));
    expect(enoughFromSeconds(step, lines, 'fixed')).toBe(115);
    expect(enoughFromSeconds(step, lines, 'adaptive')).toBe(104);
  });
});

describe('the simulated stock policy', () => {
  const lines: SeenLines[] = Array.from({ length: 40 }, (_, index) => ({
    route: step.route,
    second: 90 + index,
    count: 10 + index,
    visibleMs: (90 + index + 4) * 1000,
  }));

  it('counts the lines of 15 s that ended 10 s ago', () => {
    // Seconds 100 to 114 have 20 to 34 lines.
    expect(stockReading(lines, 125_900, 80)).toEqual({
      value: 27,
      windowSeconds: 15,
      windowEndSeconds: 115,
      queriedMs: 125_900,
      receivedMs: 125_980,
    });
  });

  it('misses lines that are not visible yet', () => {
    const late = lines.map((one) => (one.second === 114 ? { ...one, visibleMs: 125_981 } : one));
    expect(stockReading(late, 125_900, 80).value).toBeCloseTo(27 - 34 / 15);
    expect(stockReading(late, 125_901, 80).value).toBe(27);
  });
});

describe('the offsets of the steps', () => {
  const periodSeconds = 15;
  const gapSeconds = periodSeconds / steppingRoutes;
  const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
  const multiples = Array.from({ length: steppingRoutes }, (_, index) => index);

  it('are spread evenly over the period', () => {
    const inGaps = stepOffsets(periodSeconds).map((offset) => Math.round(offset / gapSeconds));
    expect(sorted(inGaps)).toEqual(multiples);
  });

  it('give every distance from a step to the next read of the route once', () => {
    const distances = stepOffsets(periodSeconds).map((offset, index) => {
      const readSeconds = index * gapSeconds;
      return Math.round((readSeconds - offset + periodSeconds) / gapSeconds) % steppingRoutes;
    });
    expect(sorted(distances)).toEqual(multiples);
  });
});
