import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MinuteCounts } from '../../src/forecast/minute-counts.ts';
import { RouteForecast } from '../../src/forecast/route-forecast.ts';

const start = 29_000_000;

/** Forecasts after these counts, from `start` on. Undefined: missing. */
function after(counts: readonly (number | undefined)[], aheadMinutes = 3) {
  const minutes = new MinuteCounts();
  const forecast = new RouteForecast(minutes, { quantile: 0.9, aheadMinutes });
  for (const [index, count] of counts.entries()) {
    minutes.add(start + index, count);
    forecast.learn();
  }
  return forecast;
}

describe('RouteForecast', () => {
  it('is the same at a minute whatever comes after it', () => {
    const series = (minLength: number) =>
      fc.array(fc.option(fc.nat(5000), { nil: undefined, freq: 20 }), {
        minLength,
        maxLength: 400,
        size: 'max',
      });
    fc.assert(
      fc.property(
        series(150),
        series(0),
        series(0),
        fc.integer({ min: 1, max: 15 }),
        (past, one, other, ahead) => {
          const at = (future: readonly (number | undefined)[]) => {
            const forecast = after([...past, ...future], ahead);
            return past.map((_, index) => forecast.at(start + index + ahead));
          };
          expect(at(one)).toEqual(at(other));
        },
      ),
      { numRuns: 30 },
    );
  });
});
