import { describe, expect, it } from 'vitest';
import {
  firstChanceOf,
  hasFully,
  reactionOf,
  stockChanceOf,
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
  arrivedMs,
  endedMs: arrivedMs + 90,
  statusCode: 200,
});

describe('the reaction to a step', () => {
  it('wants the whole window after the step, and 99 % of the new rate', () => {
    expect(hasFully(step, reading(116))).toBe(true);
    expect(hasFully(step, reading(115))).toBe(false);
    expect(hasFully(step, reading(116, 49.5))).toBe(true);
    expect(hasFully(step, reading(116, 49.4))).toBe(false);
  });

  it('comes apart into window, delay, refresh and the wait for the HPA', () => {
    const chance = firstChanceOf(step, [query(116_700, 111), query(121_700, 116), query(126_700, 121)]);
    expect(chance).toEqual({ answeredMs: 121_790, delayMs: 5000 });
    const got = [
      { ...reading(111, 30), gotMs: 118_000 },
      { ...reading(121), gotMs: 133_000 },
    ];
    expect(chance && reactionOf(step, got, chance)).toEqual({
      totalMs: 32_600,
      windowMs: 15_000,
      delayMs: 5000,
      refreshMs: 1390,
      syncMs: 11_210,
    });
  });

  it('is none where no reading has the step', () => {
    expect(firstChanceOf(step, [query(116_700, 111)])).toBeUndefined();
    const chance = { answeredMs: 121_790, delayMs: 5000 };
    expect(reactionOf(step, [{ ...reading(115), gotMs: 118_000 }], chance)).toBeUndefined();
  });
});

describe('the stock policy on the same log', () => {
  const lines: SeenLines[] = Array.from({ length: 40 }, (_, index) => ({
    route: step.route,
    second: 90 + index,
    count: 10 + index,
    visibleMs: (90 + index + 4) * 1000,
  }));

  it('counts 15 s that ended 10 s ago', () => {
    // 100 up to 114: 20 … 34 lines.
    expect(stockReading(lines, 125_900, 80)).toEqual({
      value: 27,
      windowSeconds: 15,
      windowEndSeconds: 115,
      gotMs: 125_980,
    });
  });

  it('misses what queries do not see yet', () => {
    const late = lines.map((one) => (one.second === 114 ? { ...one, visibleMs: 125_981 } : one));
    expect(stockReading(late, 125_900, 80).value).toBeCloseTo(27 - 34 / 15);
    expect(stockReading(late, 125_901, 80).value).toBe(27);
  });

  it('has its first chance 25 s after the step, at a whole second', () => {
    expect(stockChanceOf(step, 80)).toEqual({ answeredMs: 126_080, delayMs: 10_000 });
    expect(stockChanceOf({ ...step, atMs: 100_000 }, 80).answeredMs).toBe(125_080);
  });
});
