import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../emulator/traffic/arrivals.ts';
import { type Rate, steady } from '../../../emulator/traffic/rate.ts';
import { seeded } from '../../support/seeded.ts';

const perWindow = (arrivals: readonly number[], from: number, to: number) =>
  arrivals.filter((at) => at >= from && at < to).length;

describe('Arrivals', () => {
  it.each([
    [8, 16, 128],
    [63 / 8, 16, 126],
    [23.8, 15, 357],
    [1 / 16, 16, 1],
    [0, 100, 0],
  ])('%f per second for %i s are %i requests', (rate, seconds, expected) => {
    expect(new Arrivals(steady(rate), { fromSeconds: 0 }).take(seconds)).toHaveLength(expected);
  });

  it('spaces a steady rate evenly', () => {
    const arrivals = new Arrivals(steady(4), { fromSeconds: -1 }).take(1);
    expect(arrivals.map((at) => Number(at.toFixed(6)))).toEqual([
      -0.875, -0.625, -0.375, -0.125, 0.125, 0.375, 0.625, 0.875,
    ]);
  });

  it('returns as many arrivals as the integral of a rate that varies', () => {
    const ramp: Rate = (t) => 4 * t;
    const arrivals = new Arrivals(ramp, { fromSeconds: 0 }).take(10);
    for (const second of [0, 3, 6, 9])
      expect(Math.abs(perWindow(arrivals, second, second + 1) - (4 * second + 2))).toBeLessThanOrEqual(1);
    expect(arrivals).toHaveLength(200);
  });

  it('does not depend on how often take is called', () => {
    const ramp: Rate = (t) => 5 + Math.sin(t) * 5;
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (asked) => {
        const often = new Arrivals(ramp, { fromSeconds: 0 });
        const together = [...asked.sort((a, b) => a - b), 20].flatMap((t) => often.take(t));
        expect(together).toEqual(new Arrivals(ramp, { fromSeconds: 0 }).take(20));
      }),
    );
  });

  it('returns times in order, none later than toSeconds', () => {
    const arrivals = new Arrivals(steady(333), { fromSeconds: 0 });
    const early = arrivals.take(0.129);
    expect(Math.max(...early)).toBeLessThanOrEqual(0.129);
    const all = [...early, ...arrivals.take(1)];
    expect(all).toEqual(all.toSorted((a, b) => a - b));
    expect(all).toHaveLength(333);
  });

  it('is a Poisson process with random', () => {
    const arrivals = new Arrivals(steady(10), { fromSeconds: 0, random: seeded(1) }).take(1000);
    expect(Math.abs(arrivals.length - 10_000)).toBeLessThan(400);
    const counts = Array.from({ length: 1000 }, (_, second) => perWindow(arrivals, second, second + 1));
    const variance = counts.reduce((sum, count) => sum + (count - 10) ** 2, 0) / counts.length;
    expect(variance).toBeGreaterThan(8);
    expect(variance).toBeLessThan(12);
  });

  it('returns no arrivals of a skipped time, and never goes back', () => {
    const arrivals = new Arrivals(steady(10), { fromSeconds: 0 });
    arrivals.skip(90);
    arrivals.skip(5);
    const taken = arrivals.take(100);
    expect(taken).toHaveLength(100);
    expect(Math.min(...taken)).toBeGreaterThanOrEqual(90);
  });
});
