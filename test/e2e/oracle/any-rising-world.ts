import fc from 'fast-check';
import { places } from './sls-pair.ts';
import type { World } from './world.ts';

const routes = ['default-a-80', 'default-b-80', 'default-c-80'];

const someRise = fc.record({
  usualPerSecond: fc.constantFrom(0, 1, 4, 10),
  /** Relative to the end of the window. */
  fromSecond: fc.integer({ min: -15, max: 2 }),
  morePerSecond: fc.constantFrom(0, 5, 20, 60),
  isCanary: fc.boolean(),
});

/** One logstore with steady requests of three routes, that rise near the end of the window. All windows are adaptive. */
export const anyRisingWorld: fc.Arbitrary<World> = fc
  .record({
    subsecondMs: fc.nat(999),
    delaySeconds: fc.constantFrom(3, 10),
    intervalSeconds: fc.constantFrom(15, 17, 60, 90),
    maxNamedRoutes: fc.constantFrom(0, 200),
    rises: fc.array(someRise, { minLength: 3, maxLength: 3 }),
  })
  .map(({ subsecondMs, delaySeconds, intervalSeconds, maxNamedRoutes, rises }) => {
    const [place] = places;
    if (place === undefined) throw new RangeError('no place');
    const traffic = (index: number, atSecond: number, perSecond: number, isCanary: boolean) => ({
      place,
      primary: isCanary ? 'default-web-80' : routes[index],
      alternative: isCanary ? routes[index] : '',
      atSecond,
      perSecond,
      requests: perSecond * (3 - atSecond),
      lagMs: 0,
    });
    return {
      ...{ subsecondMs, delaySeconds, arrivedAgoMs: 0, widerSeconds: 0, settledMs: 0 },
      traffic: rises.flatMap(({ usualPerSecond, fromSecond, morePerSecond, isCanary }, index) => [
        traffic(index, -100, usualPerSecond, isCanary),
        traffic(index, fromSecond - delaySeconds, morePerSecond, isCanary),
      ]),
      sets: [
        {
          asked: [undefined, ...routes].flatMap((route) =>
            [true, false].map((isAdaptive) => ({
              metric: 'sls_ingress_qps',
              ...{ place, route, intervalSeconds, isAdaptive },
              delaySeconds: undefined,
            })),
          ),
          maxNamedRoutes,
        },
      ],
    };
  });
