import { expect, it } from 'vitest';
import { MinuteCounts } from '../../../src/forecast/minute-counts.ts';
import { forecastFigures } from '../../../src/reading/history/forecast-figures.ts';
import { KeptForecast } from '../../../src/reading/history/kept-forecast.ts';
import { forecastOf } from './simulated-history.ts';

it('the figures of a forecast have null, not 0, for hours that were not counted', () => {
  const counts = new MinuteCounts();
  const kept = new KeptForecast(forecastOf('default-shop-80'), counts, 'default');
  const last = 29_000_000;
  for (let minute = last - 239; minute <= last; minute++)
    counts.add(minute, last - minute < 60 ? 0 : last - minute < 120 ? undefined : 60);
  kept.learn(last * 60);
  const { unit, mostOfEachHour } = forecastFigures(kept);
  expect(unit).toBe('requests/s');
  expect(mostOfEachHour.map(({ came }) => came)).toEqual([...Array<null>(20).fill(null), 1, 1, null, 0]);
  expect(mostOfEachHour.slice(0, 21).map(({ forecast }) => forecast)).toEqual(Array(21).fill(null));
  expect(mostOfEachHour.at(-1)?.forecast).toBeTypeOf('number');
});
