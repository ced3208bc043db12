import { describe, expect, it } from 'vitest';
import { MinuteCounts } from '../../../src/forecast/minute-counts.ts';
import { CountedRoutes } from '../../../src/reading/history/counted-routes.ts';

const now = 29_000_000;

/** Routes whose minutes are counted until some minutes ago. */
function counted(minutesAgo: number, routes = 1): CountedRoutes {
  const all = new CountedRoutes(now - minutesAgo, 600);
  for (let index = 0; index < routes; index++) all.routes.set(`a-b-${index}`, new MinuteCounts());
  return all;
}

describe('the minutes to count next', () => {
  it.each([
    ['are a day of the past', 3000, 1, [-3000, -1560]],
    ['are all that are left', 100, 1, [-100, 0]],
    ['begin at a minute that is 5 minutes old, though it was counted', 1, 1, [-5, 0]],
    ['begin at the first that was not counted, if it is older', 7, 1, [-7, 0]],
    ['are fewer for many routes', 100, 4000, [-100, -94]],
    ['are the new one alone for very many routes', 1, 30_000, [-1, 0]],
  ])('%s', (_, minutesAgo, routes, [from, until]) => {
    const span = counted(minutesAgo, routes).next(now);
    expect([(span?.from ?? NaN) - now, (span?.until ?? NaN) - now]).toEqual([from, until]);
  });

  it('are none before a minute is over', () => {
    expect(counted(0).next(now)).toBeUndefined();
    expect(counted(-2).next(now)).toBeUndefined();
  });
});

it('a minute that is counted again replaces its count, and the minutes after it stay', () => {
  const routes = counted(6);
  const counts = routes.routes.get('a-b-0');
  const add = (from: number, values: readonly number[]) =>
    routes.add(
      { from: now + from, until: now + from + values.length },
      { lines: Float64Array.from(values), byRoute: new Map([['a-b-0', Float64Array.from(values)]]) },
    );
  add(-6, [10, 10, 10, 4, 0]);
  expect(counts?.last).toBe(now - 3);
  add(-5, [10, 10, 10, 9, 10]);
  const of = (from: number) => counts?.at(now + from);
  expect([-6, -5, -4, -3, -2, -1].map(of)).toEqual([10, 10, 10, 10, 9, 10]);
  expect(routes.until).toBe(now);
});
