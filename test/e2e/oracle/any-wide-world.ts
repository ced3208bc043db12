import fc from 'fast-check';
import { places } from './sls-pair.ts';
import type { World } from './world.ts';
import { metricOracles } from './log-oracle.ts';

/**
 * One logstore with more routes than a search may name (30 conditions), or than SLS gives rows without a LIMIT (100).
 * Most of them are asked for at once, by name or by counting every route, and so are a few routes without lines.
 */
export const anyWideWorld: fc.Arbitrary<World> = fc
  .record({
    metric: fc.constantFrom(...Object.keys(metricOracles)),
    place: fc.constantFrom(...places),
    logged: fc.oneof(fc.integer({ min: 10, max: 40 }), fc.integer({ min: 120, max: 260 })),
    unasked: fc.nat(9),
    unlogged: fc.nat(5),
    mostNamedRoutes: fc.constantFrom([1000, 0], [300, 9], [200]),
    delaySeconds: fc.nat(60),
  })
  .map(({ metric, place, logged, unasked, unlogged, mostNamedRoutes, delaySeconds }) => {
    const nameOf = (n: number) => `default-wide-${n}-80`;
    const askedRoutes = Array.from({ length: logged - unasked + unlogged }, (_, n) =>
      nameOf(n < logged - unasked ? n : n + unasked),
    );
    return {
      subsecondMs: 0,
      arrivedAgoMs: 1000,
      delaySeconds,
      widerSeconds: 0,
      settledMs: 0,
      traffic: Array.from({ length: logged }, (_, n) => ({
        place,
        primary: n % 3 === 0 ? 'default-web-80' : nameOf(n),
        alternative: n % 3 === 0 ? nameOf(n) : '',
        atSecond: -delaySeconds - 15,
        perSecond: 1,
        requests: 1 + (n % 17),
        lagMs: n % 5 === 0 ? 2000 : 0,
      })),
      sets: mostNamedRoutes.map((maxNamedRoutes) => ({
        asked: askedRoutes.map((route) => ({
          metric,
          place,
          route,
          intervalSeconds: 15,
          delaySeconds: undefined,
        })),
        maxNamedRoutes,
      })),
    };
  });
