import fc from 'fast-check';
import { expect, it } from 'vitest';
import { play } from './play.ts';

/** Shorter stalls can lie between two reads. Their lines come afterwards, unless they are lost. */
const leastLostSeconds = 20;

const anyStall = fc.record({
  /** Lines each second. */
  web: fc.integer({ min: 3, max: 60 }),
  api: fc.integer({ min: 0, max: 60 }),
  from: fc.integer({ min: 100, max: 160 }),
  seconds: fc.integer({ min: 0, max: 150 }),
  areLinesLost: fc.boolean(),
  /** Lines keep their time, and those of one collector come so much later than those of the other; undefined: they do not. */
  apartSeconds: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  restartsAt: fc.option(fc.integer({ min: 60, max: 300 }), { nil: undefined }),
  route: fc.constantFrom('web', undefined),
  fixedDelaySeconds: fc.constantFrom(undefined, 10, 15),
});

it('a collector that stalls reads as an error or as a number without at most 3 of 15 s', async () => {
  let errors = 0;
  await fc.assert(
    fc.asyncProperty(anyStall, async (stall) => {
      const { web, api, from, seconds, areLinesLost, apartSeconds, restartsAt, route, fixedDelaySeconds } =
        stall;
      const areLost = areLinesLost && seconds >= leastLostSeconds;
      const areHeld = !areLost && apartSeconds !== undefined && seconds >= leastLostSeconds;
      const stalls = (second: number) => second >= from && second < from + seconds;
      const backAt = (name: string) => from + seconds + 4 + (name === 'api' ? (apartSeconds ?? 0) : 0);
      const mayRestart = restartsAt !== undefined && !((areLost || areHeld) && restartsAt >= from + seconds);
      const { readings } = await play({
        sent: () => ({ web, api }),
        collects: (second) => areLost || areHeld || !stalls(second),
        heldUntil: (second, name) => (areHeld && stalls(second) ? backAt(name) : 0),
        collectedShare: (second) => (areLost && stalls(second) ? 0 : 1),
        ...(mayRestart ? { restartsAt } : {}),
        ...(route === undefined ? {} : { route }),
        options: { fixedDelaySeconds },
        untilSeconds: 360,
      });
      const silent = readings.filter(({ outcome }) => outcome === 'LogstoreSilent');
      errors += silent.length;
      expect(readings.filter(({ outcome }) => outcome !== 'full' && outcome !== 'LogstoreSilent')).toEqual(
        [],
      );
      // The last number is served for a minute.
      if (seconds > 100) expect(silent).not.toEqual([]);
      expect(readings.at(-1)?.outcome).toBe('full');
    }),
    { seed: 16, numRuns: 15 },
  );
  expect(errors).toBeGreaterThan(100);
});
