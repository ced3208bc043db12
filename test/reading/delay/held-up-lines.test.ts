import { describe, expect, it } from 'vitest';
import { settled, steady, type Coming } from './probing.ts';

/** Lines come 3 s late. Those of a stop of `seconds` came `after` its end, all or a share of them. */
const stopped =
  (since: number, seconds: number, after = 3, share = 1): Coming =>
  (second, age) => {
    const isHeldUp = second >= since && second < since + seconds;
    const heldUp = isHeldUp && second + 1 + age < since + seconds + after ? share : 0;
    return age >= 3 ? 100 - 100 * heldUp : 0;
  };

describe('the estimated delay after lines were held up once', () => {
  it.each([
    [20, 2],
    [30, 3],
    [60, 5],
    [110, 5],
  ])('is the usual one again soon after a stop of %i s', (seconds, mostProbes) => {
    const probing = settled();
    // SLS answers again just before the first lines.
    const since = probing.nowSeconds - seconds + 1;
    const delays = probing.times(20, stopped(since, seconds));
    const raisedFor = delays.filter((delay) => delay > 4).length;
    expect(Math.max(...delays)).toBeGreaterThanOrEqual(Math.min(60, seconds));
    expect(raisedFor).toBeLessThanOrEqual(mostProbes);
    expect(delays.at(-1)).toBe(4);
    expect(probing.estimator.saturated).toBe(false);
  });

  it('is not the usual one before lines of any collector would have shown that they are still late', () => {
    for (const share of [0.01, 0.1, 0.33, 1])
      for (const lag of [10, 20, 30, 40, 50, 58]) {
        const probing = settled();
        const since = probing.nowSeconds - 40;
        // All lines stop for 40 s; then a share of them stays late.
        const still: Coming = (second, age) =>
          second < since + 40
            ? stopped(since, 40)(second, age)
            : 100 - (age < lag ? 100 * share : 0) - (age < 3 ? 100 - 100 * share : 0);
        const delays = probing.times(40, still);
        const raisedAt = delays.findIndex((delay) => delay > 4);
        expect(Math.min(...delays.slice(raisedAt)), `${share} ${lag}`).toBeGreaterThan(4);
        expect(delays.at(-1)).toBe(lag + 1);
      }
  });

  it('is long while lines are held up again and again', () => {
    const probing = settled();
    const start = probing.nowSeconds;
    const again: Coming = (second, age) => {
      const at = second - ((second - start) % 60);
      return second < start ? steady(100, 3)(second, age) : stopped(at, 20)(second, age);
    };
    const delays = probing.times(40, again);
    expect(Math.min(...delays.slice(12))).toBeGreaterThan(10);
    expect(probing.times(12, steady(100, 3)).at(-1)).toBe(4);
  });

  it('is lowered by enough trials if the longer delay came to be the usual one', () => {
    const probing = settled();
    probing.times(20, steady(100, 30));
    const delays = probing.times(9, steady(100, 3));
    expect(delays.slice(0, 7)).toEqual(Array(7).fill(31));
    expect(delays.at(-1)).toBe(4);
  });
});
