import { describe, expect, it } from 'vitest';
import {
  firstChanceOf,
  reflectsFully,
  reactionOf,
  stockChanceOf,
  steppingRoutes,
  stepOffsets,
  stockReading,
  type Step,
} from '../../../bench/reaction/reaction.ts';
import type { SeenLines, SeenQuery } from '../../../bench/sls/messages.ts';

const step: Step = { route: 'default-web-80', atMs: 100_400, fromPerSecond: 10, toPerSecond: 50 };
const reading = (windowEndSeconds: number, value = 50) => ({ value, windowSeconds: 15, windowEndSeconds });
const query = (arrivedMs: number, toSeconds: number): SeenQuery => ({
  logstore: 'nginx-ingress',
  kind: 'reading',
  text: '',
  fromSeconds: toSeconds - 15,
  toSeconds,
  windowStartSeconds: toSeconds - 15,
  windowEndSeconds: toSeconds,
  arrivedMs,
  endedMs: arrivedMs + 90,
  statusCode: 200,
});

describe('the reaction to a step in traffic', () => {
  it('ends with a reading whose window is after the step and whose value is 99 % of the new rate', () => {
    expect(reflectsFully(step, reading(116))).toBe(true);
    expect(reflectsFully(step, reading(115))).toBe(false);
    expect(reflectsFully(step, reading(116, 49.5))).toBe(true);
    expect(reflectsFully(step, reading(116, 49.4))).toBe(false);
  });

  it('is the sum of window, delay, refresh and the wait for the HPA', () => {
    const chance = firstChanceOf(step, [query(116_700, 111), query(121_700, 116), query(126_700, 121)]);
    expect(chance).toEqual({ answeredMs: 121_790, delayMs: 5000 });
    const received = [
      { ...reading(111, 45), receivedMs: 118_000 },
      { ...reading(121), receivedMs: 133_000 },
    ];
    expect(chance && reactionOf(step, received, chance)).toEqual({
      enoughMs: 32_600,
      totalMs: 32_600,
      windowMs: 15_000,
      delayMs: 5000,
      refreshMs: 1390,
      syncMs: 11_210,
    });
  });

  it('is undefined if no reading reflects the step', () => {
    expect(firstChanceOf(step, [query(116_700, 111)])).toBeUndefined();
    const chance = { answeredMs: 121_790, delayMs: 5000 };
    expect(reactionOf(step, [{ ...reading(115), receivedMs: 118_000 }], chance)).toBeUndefined();
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
      receivedMs: 125_980,
    });
  });

  it('misses lines that are not visible yet', () => {
    const late = lines.map((one) => (one.second === 114 ? { ...one, visibleMs: 125_981 } : one));
    expect(stockReading(late, 125_900, 80).value).toBeCloseTo(27 - 34 / 15);
    expect(stockReading(late, 125_901, 80).value).toBe(27);
  });

  it('first sees the step 25 s after it, at a whole second', () => {
    expect(stockChanceOf(step, 80)).toEqual({ answeredMs: 126_080, delayMs: 10_000 });
    expect(stockChanceOf({ ...step, atMs: 100_000 }, 80).answeredMs).toBe(125_080);
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
