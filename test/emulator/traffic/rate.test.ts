import { describe, expect, it } from 'vitest';
import { cycle, steady } from '../../../emulator/traffic/rate.ts';
import { demoRoutes } from '../../../emulator/traffic/routes.ts';

describe('rates of the traffic', () => {
  it('steady rates are constant', () => {
    expect([-1e6, 0, 0.5, 1e6].map(steady(23.8))).toEqual([23.8, 23.8, 23.8, 23.8]);
  });

  it('cycles are straight from corner to corner, and from the last one to the first one of the next period', () => {
    const rate = cycle(100, [
      [0, 2],
      [20, 42],
      [60, 42],
      [80, 10],
    ]);
    expect([0, 10, 20, 40, 70, 80, 90, 95, 100, 110, 1010].map(rate)).toEqual([
      2, 22, 42, 42, 26, 10, 6, 4, 2, 22, 22,
    ]);
  });

  it('cycles have the same rates before the start as after it', () => {
    const rate = cycle(100, [
      [0, 0],
      [50, 50],
    ]);
    expect([-100, -75, -50, -25].map(rate)).toEqual([0, 25, 50, 25]);
  });
});

describe('the routes of the demo', () => {
  const [bert, web, cart] = demoRoutes();
  const rates = (route: typeof bert, from: number, to: number) =>
    Array.from({ length: (to - from) * 10 }, (_, index) => route?.rate(from + index / 10) ?? NaN);

  it('the guide’s route rises past 10 QPS within 10 s, up to 78, and falls to 2', () => {
    expect(bert?.name).toBe('default-bert-tfserving-202207181536-tensorflow-serving-8501');
    expect(bert?.rate(0)).toBe(2);
    expect(bert?.rate(10)).toBeGreaterThan(10);
    expect(Math.max(...rates(bert, 0, 180))).toBe(78);
    expect(Math.min(...rates(bert, 0, 180))).toBe(2);
    expect(rates(bert, 150, 180)).toEqual(rates(bert, 150, 180).fill(2));
    expect(bert?.rate(180)).toBe(2);
  });

  it('one route is steady, and one is low with pauses', () => {
    expect(rates(web, 0, 60)).toEqual(rates(web, 0, 60).fill(23.8));
    expect(rates(cart, 61, 89)).toEqual(rates(cart, 61, 89).fill(0));
    expect(Math.max(...rates(cart, 0, 90))).toBeLessThan(2);
    expect(Math.max(...rates(cart, 0, 60))).toBeGreaterThan(1);
  });
});
