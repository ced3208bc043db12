import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkClock, clockSkewSeconds, type QueryTimes } from '../../src/sls/decode.ts';

const plannedAtSeconds = 1_658_460_600;
/** Times of a reply whose `Date` is this many seconds after the second of planning. */
const times = (dateSeconds: number, elapsedMs = 0): QueryTimes => ({
  plannedAtSeconds,
  elapsedMs,
  serverTimeMs: (plannedAtSeconds + dateSeconds) * 1000,
});
const check = (given: QueryTimes) => () => checkClock(given, 'project p');

describe('the clock skew', () => {
  it.each<[QueryTimes, number]>([
    [times(0), 0],
    [times(-1), 0],
    [times(-2), 1],
    [times(-3), 2],
    [times(1), 0],
    [times(2), -1],
    [times(2, 999), -0.001],
    [times(2, 1000), 0],
    [times(100, 9000), -90],
    // Elapsed time does not explain a clock that is ahead: SLS may have stamped the reply at the end.
    [times(-3, 60_000), 2],
    [{ ...times(0), serverTimeMs: undefined }, 0],
  ])('for %o is %d s', (given, seconds) => {
    expect(clockSkewSeconds(given)).toBeCloseTo(seconds, 6);
  });

  it('is never overstated nor given the wrong sign, and is exact to 2 s plus the elapsed time', () => {
    const anyMs = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(
        fc.integer({ min: -200_000, max: 200_000 }),
        anyMs(999),
        anyMs(20_000),
        anyMs(10_000),
        anyMs(10_000),
        (skewMs, phaseMs, pausesMs, untilDateMs, afterDateMs) => {
          const serverPlannedMs = plannedAtSeconds * 1000 + phaseMs;
          const serverTimeMs = Math.floor((serverPlannedMs + pausesMs + untilDateMs) / 1000) * 1000;
          const found = clockSkewSeconds({
            plannedAtSeconds: Math.floor((serverPlannedMs + skewMs) / 1000),
            elapsedMs: untilDateMs + afterDateMs,
            serverTimeMs,
          });
          const skewSeconds = skewMs / 1000;
          if (found > 0) expect(found).toBeLessThan(skewSeconds);
          if (found < 0) expect(found).toBeGreaterThan(skewSeconds - pausesMs / 1000);
          const unsureSeconds = 2 + (pausesMs + untilDateMs + afterDateMs) / 1000;
          expect(Math.abs(skewSeconds - found)).toBeLessThanOrEqual(unsureSeconds);
        },
      ),
    );
  });
});

describe('the clock check', () => {
  it.each([
    ['some seconds ahead of', '2 s ahead of', times(-3)],
    ['a minute or more ahead of', '899 s ahead of', times(-900, 5000)],
    ['an hour or more ahead of', '3599 s ahead of', times(-3600)],
    ['some seconds behind', '30 s behind', times(31)],
    ['some seconds behind', '30 s behind', times(51, 20_000)],
    ['a minute or more behind', '889 s behind', times(900, 9001)],
  ])('refuses a clock that is %s that of SLS (%s)', (distance, exactly, given) => {
    expect(check(given)).toThrow(
      expect.objectContaining({
        code: 'ClockSkewed',
        what: `SLS, project p: the clock of the adapter is ${distance} that of SLS`,
        cause: new Error(`at least ${exactly} SLS`),
      }),
    );
  });

  it('accepts a clock that may be closer, a query that took long, and a reply without a time', () => {
    const accepted = [
      times(-2),
      times(0),
      times(30),
      times(50, 20_000),
      { ...times(0), serverTimeMs: undefined },
    ];
    for (const given of accepted) expect(check(given)).not.toThrow();
  });

  it('accepts the last attempt of a read with its pauses, which is at most 20 s old', () => {
    expect(check(times(21))).not.toThrow();
  });
});
