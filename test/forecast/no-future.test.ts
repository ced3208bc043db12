import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../support/seeded.ts';
import { day, daily, noisy, Route, start, type Series } from './counted-route.ts';

/** The forecast of each minute knows nothing of what comes after it. */
describe('a forecast', () => {
  const counts = (minLength: number) =>
    fc.array(fc.option(fc.nat(5000), { nil: undefined, freq: 20 }), {
      minLength,
      maxLength: 300,
      size: 'max',
    });

  it.each([1, 5, 15])(
    'is the same with days of history whatever comes after it, %s minutes ahead',
    (ahead) => {
      const days = noisy(daily, 0, 2 * day + 200);
      const [blind, seeing] = [new Route(ahead).learn(days), new Route(ahead).learn(days)];
      const random = seeded(ahead);
      const later = Array.from({ length: 80 }, (_, index) =>
        Math.floor((index % 7 === 0 ? 10_000 : 1000) * random()),
      );
      // One has seen all later minutes before it forecasts, the other none.
      for (const [index, count] of later.entries()) seeing.counts.add(start + days.length + index, count);
      seeing.forecast.learn();
      for (const [index, count] of later.entries()) {
        const minute = days.length + index;
        blind.learn([count], minute);
        expect(seeing.forecast.at(start + minute + ahead)).toBe(blind.forecast.at(start + minute + ahead));
      }
    },
  );

  it('is the same at a minute whatever comes after it', () => {
    fc.assert(
      fc.property(
        counts(150),
        counts(0),
        counts(0),
        fc.integer({ min: 1, max: 15 }),
        (past, one, other, ahead) => {
          const said = (future: Series) => {
            const route = new Route(ahead);
            for (const [index, count] of [...past, ...future].entries())
              route.counts.add(start + index, count);
            route.forecast.learn();
            return past.map((_, index) => route.forecast.at(start + index + ahead));
          };
          expect(said(one)).toEqual(said(other));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is the same whatever comes after it, by all experts, over days of random half hours', () => {
    const halfHours = (minLength: number, maxLength: number) =>
      fc.array(fc.option(fc.nat(5000), { nil: undefined, freq: 10 }), { minLength, maxLength, size: 'max' });
    fc.assert(
      fc.property(
        halfHours(3 * 48, 5 * 48),
        halfHours(1, 40),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0.5, max: 0.99, noNaN: true }),
        (past, later, ahead, quantile) => {
          const learned = () => new Route(30 * ahead, quantile, 1800).learn(past);
          const [blind, seeing] = [learned(), learned()];
          // One has seen all that comes later before it forecasts, the other none.
          for (const [index, count] of later.entries()) seeing.counts.add(start + past.length + index, count);
          seeing.forecast.learn();
          for (const [index, count] of later.entries()) {
            blind.learn([count], past.length + index);
            const bin = start + past.length + index + ahead;
            expect(seeing.forecast.at(bin)).toBe(blind.forecast.at(bin));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is the same when it learns days at once, with later minutes already counted', () => {
    const series = noisy(daily, 0, 4 * day);
    const atOnce = new Route();
    for (const [index, count] of series.entries()) atOnce.counts.add(start + index, count);
    expect(atOnce.notReadyUntil).toBe(start + series.length);
    atOnce.forecast.learn();
    expect(atOnce.notReadyUntil).toBeNaN();
    const known = 4 * day - 100;
    const { forecast: inTime } = new Route().learn(series.slice(0, known));
    const minutes = Array.from({ length: 100 }, (_, index) => start + known - 98 + index);
    // It begins to learn a day back, so that the weights differ a little.
    const [one, other] = [atOnce.forecast, inTime].map((forecast) =>
      minutes.map((minute) => forecast.at(minute)),
    );
    for (const [index, count] of (one ?? []).entries())
      expect(Math.abs(count / (other?.[index] ?? NaN) - 1)).toBeLessThan(0.02);
  });
});
