import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../support/seeded.ts';
import { day, daily, noisy, Route, start } from './counted-route.ts';

/** Earlier days are there for all experts, and the errors of one. */
const event = 4 * day + 600;

const settled = () => new Route().learn(noisy(daily, 0, event));

/** What was forecast for the minutes from one to another over what was expected: the lowest and the highest. */
function ofExpected({ forecast }: Route, mean: (minute: number) => number, from: number, to: number) {
  const shares = Array.from({ length: to - from }, (_, index) => {
    return forecast.at(start + from + index) / mean(from + index);
  });
  return { least: Math.min(...shares), most: Math.max(...shares) };
}

/** Less than this below what is expected, and more above it, is worth a change of pods. */
const expectClose = ({ least, most }: { least: number; most: number }) => {
  expect(least).toBeGreaterThan(0.85);
  expect(most).toBeLessThan(1.45);
};

describe('RouteForecast', () => {
  it('covers the quantile, and is better than the last minute', () => {
    const { coverage, pinballPerSecond, lastMinutePinballPerSecond, weights } = settled().made;
    expect(coverage).toBeGreaterThan(0.86);
    expect(coverage).toBeLessThan(0.95);
    expect(pinballPerSecond).toBeLessThan(lastMinutePinballPerSecond);
    expect(Object.values(weights).reduce((sum, weight) => sum + weight)).toBeCloseTo(1);
  });

  it('knows what comes at the same minute of each day', () => {
    const surges = (minute: number) => daily(minute) * (minute % 60 < 5 ? 3 : 1);
    const route = new Route().learn(noisy(surges, 0, event));
    route.learn(noisy(surges, event, event + 120), event);
    expectClose(ofExpected(route, surges, event, event + 120));
  });

  it('weighs the expert of the last hour from the third day on', () => {
    const random = seeded(7);
    const bursts = Array.from({ length: 4 * day }, () => (random() < 0.15 ? 300 : 20) + 10 * random());
    const route = new Route().learn(bursts.slice(0, 2 * day));
    expect(route.made.weights.high_of_60).toBe(0);
    expect(route.learn(bursts.slice(2 * day), 2 * day).made.weights.high_of_60).toBeGreaterThan(0.1);
  });

  it('is not ready before two hours are counted, and says when it will be', () => {
    const route = new Route();
    expect(route.notReadyUntil).toBeUndefined();
    route.learn(noisy(daily, 0, 120));
    expect(route.notReadyUntil).toBe(start + 120);
    route.learn([200], 120);
    expect(route.made.madeAtMinute).toBe(start + 120);
    const { last_minute, mean_of_3, max_of_10 } = route.made.weights;
    expect(last_minute + mean_of_3 + max_of_10).toBeCloseTo(1);
  });

  it('is not ready while too few of the minutes were counted', () => {
    const rare = Array.from({ length: 240 }, (_, minute) => (minute % 6 === 0 ? 100 : undefined));
    expect(new Route().learn([...rare, 100]).notReadyUntil).toBe(start + 241);
  });

  it('is at most three times the last hour', () => {
    const route = settled().learn(Array<number>(60).fill(10), event);
    expect(route.perMinute).toBeLessThanOrEqual(30);
  });

  it('stays within bounds and is never NaN, whatever is counted', () => {
    const rough = fc.array(
      fc.option(fc.oneof(fc.nat(3), fc.nat(), fc.double(), fc.constantFrom(1e30, 1.13e38)), {
        nil: undefined,
      }),
      {
        minLength: 180,
        maxLength: 400,
        size: 'max',
      },
    );
    fc.assert(
      fc.property(
        rough,
        fc.integer({ min: 1, max: 15 }),
        fc.constantFrom(0.5, 0.99),
        (series, ahead, quantile) => {
          const route = new Route(ahead, quantile);
          for (const [index, count] of series.entries()) {
            const made = route.learn([count], index).forecast.forecast();
            if ('notReadyUntilMinute' in made) continue;
            const hour = Array.from(
              { length: 60 },
              (_, back) => route.counts.at(made.madeAtMinute - back) || 0,
            );
            expect(made.perSecond * 60).toBeGreaterThanOrEqual(0);
            expect(made.perSecond * 60).toBeLessThanOrEqual(3.001 * Math.max(...hour));
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('RouteForecast, when something changes,', () => {
  it('keeps the last forecast through a silence, and makes the next with its first count', () => {
    const route = settled();
    const before = route.made;
    route.learn(Array<undefined>(10).fill(undefined), event);
    expect(route.made).toEqual({ ...before, coverage: route.made.coverage });
    route.learn(noisy(daily, event + 10, event + 70), event + 10);
    expectClose(ofExpected(route, daily, event + 13, event + 70));
  });

  it('has nothing to serve after a silence of more than a day', () => {
    const route = settled().learn([undefined], event + day + 10);
    expect(route.notReadyUntil).toBe(start + event + day + 11);
  });

  it.each([
    ['forward by two hours', 120],
    ['forward by two days', 2 * day],
    ['back by two hours', -120],
    ['back by two days', -2 * day],
  ])('goes on with the next count after the clock is set %s', (_, step) => {
    const mean = (minute: number) => daily(minute - step);
    const route = settled().learn(noisy(mean, event + step, event + step + 60), event + step);
    expect(route.made.madeAtMinute).toBe(start + event + step + 59);
    expectClose(ofExpected(route, mean, event + step + 3, event + step + 60));
  });

  it.each([
    ['forward by a year', 365 * day],
    ['back by a year', -365 * day],
  ])('begins anew after the clock is set %s', (_, step) => {
    const route = settled().learn(noisy(daily, event, event + 30), event + step);
    expect(route.notReadyUntil).toBe(start + event + step + 120);
    route.learn(noisy(daily, event + 30, event + 180), event + step + 30);
    expectClose(ofExpected(route, (minute) => daily(minute - step), event + step + 124, event + step + 180));
  });

  it.each([
    ['a deploy that halves traffic', (minute: number) => daily(minute) / 2],
    ['a doubling of traffic', (minute: number) => daily(minute) * 2],
    ['the start of daylight saving time', (minute: number) => daily(minute + 60)],
    ['the end of daylight saving time', (minute: number) => daily(minute - 60)],
  ])('is right again within an hour of %s', (_, mean) => {
    const route = settled().learn(noisy(mean, event, event + 600), event);
    expectClose(ofExpected(route, mean, event + 60, event + 600));
  });

  it('falls to zero with a route that dies, within the hour', () => {
    const route = settled().learn(Array<number>(60).fill(0), event);
    expect(route.perMinute).toBe(0);
    route.learn(Array<number>(2 * day).fill(0), event + 60);
    expect(route.perMinute).toBe(0);
    expect(route.made.pinballPerSecond).toBeCloseTo(0);
  });

  it('follows a route that had no requests for days, within the hour', () => {
    const route = new Route().learn(Array<number>(event).fill(0));
    route.learn(noisy(daily, event, event + 240), event);
    expectClose(ofExpected(route, daily, event + 60, event + 240));
  });
});
