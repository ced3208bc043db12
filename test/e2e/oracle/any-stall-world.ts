import fc from 'fast-check';
import { places } from './sls-pair.ts';
import { lastSecond, type Asked, type World } from './world.ts';

const metrics = ['qps', 'requests', 'error_ratio', 'concurrency', 'latency_avg', 'inflow'];

const someTraffic = fc.record({
  route: fc.nat(2),
  isCanary: fc.boolean(),
  atSecond: fc.integer({ min: -100, max: -20 }),
  perSecond: fc.constantFrom(1, 4, 9),
  seconds: fc.integer({ min: 15, max: 103 }),
  stamp: fc.constantFrom('reading', 'reading', 'request'),
  pods: fc.constantFrom(1, 3),
  stallsAtSecond: fc.integer({ min: -60, max: 0 }),
  stallSeconds: fc.constantFrom(0, 5, 20, 45),
});

const routeOf = (n: number) => `default-stalled-${n}-80`;

/**
 * One logstore whose lines come through collectors, one of which stalls: a gap and a peak where lines get the time at which
 * they are read, and late lines where they keep the time of the request.
 */
export const anyStallWorld: fc.Arbitrary<World> = fc
  .record({
    subsecondMs: fc.nat(999),
    delaySeconds: fc.constantFrom(0, 2, 5, 10, 30),
    intervalSeconds: fc.constantFrom(15, 5, 60),
    isAdaptive: fc.boolean(),
    traffic: fc.array(someTraffic, { minLength: 1, maxLength: 4 }),
  })
  .map(({ subsecondMs, delaySeconds, intervalSeconds, isAdaptive, traffic }) => {
    const [place] = places;
    if (place === undefined) throw new RangeError('no place');
    return {
      subsecondMs,
      arrivedAgoMs: 0,
      delaySeconds,
      widerSeconds: 0,
      settledMs: 0,
      traffic: traffic.map(({ route, isCanary, atSecond, perSecond, seconds, ...collector }) => ({
        place,
        primary: isCanary ? 'default-web-80' : routeOf(route),
        alternative: isCanary ? routeOf(route) : '',
        atSecond,
        perSecond,
        requests: Math.min(seconds, lastSecond - atSecond) * perSecond,
        // By then, a collector that no longer stalls has sent all.
        lagMs: 40_000,
        collector,
      })),
      sets: [
        {
          asked: metrics.flatMap((suffix) =>
            [undefined, routeOf(0), routeOf(1), routeOf(2)].map((route): Asked => ({
              metric: `sls_ingress_${suffix}`,
              place,
              route,
              intervalSeconds,
              delaySeconds: undefined,
              isAdaptive: isAdaptive && suffix === 'qps' && intervalSeconds >= 15,
            })),
          ),
          maxNamedRoutes: 200,
        },
      ],
    };
  });
