import fc from 'fast-check';
import { backendNames, misreads, noCanaries, oddNames } from './names.ts';
import { similarPlaces } from './sls-pair.ts';
import { metricOracles } from './log-oracle.ts';
import {
  lastSecond,
  longestDelaySeconds,
  longestLagMs,
  longestWindowSeconds,
  type Asked,
  type Traffic,
  type World,
} from './world.ts';

const anyRoute = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...backendNames) },
  { weight: 2, arbitrary: fc.constantFrom(...oddNames) },
  // SLS writes a missing value like this.
  { weight: 1, arbitrary: fc.constant('null') },
);
/** The same name with other upper and lower case, which a search treats as equal. */
const twinOf = (route: string) =>
  route.replace(/[a-z]+/i, (word) => (word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase()));

const anyRoutes = fc
  .tuple(fc.array(anyRoute, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([routes, hasTwin]) => (hasTwin ? [...routes.slice(0, 1).map(twinOf), ...routes] : routes));

const anyInterval = fc.oneof(
  fc.constantFrom(1, 15, 60, longestWindowSeconds),
  fc.integer({ min: 1, max: 300 }),
);
const anyDelay = fc.oneof(fc.constantFrom(0, 10), fc.integer({ min: 0, max: longestDelaySeconds }));

/** Where the traffic begins: at an edge of the window, or at this fraction of the time around it. */
const anyMoment = fc.oneof(
  fc.constantFrom('before', 'first', 'last', 'after'),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

/** Visible at once, exactly at the first planning, a millisecond later, or at another time. */
const anyLag = fc.constantFrom('none', 'just visible', 'just hidden', 'other');

const anyDraw = fc.record({
  subsecondMs: fc.nat(999),
  arrivedAgoMs: fc.nat(10_000),
  delaySeconds: anyDelay,
  widerSeconds: fc.constantFrom(0, 0, 60),
  settledMs: fc.nat(2000),
  otherLagMs: fc.nat(longestLagMs),
  places: fc.constantFrom(...similarPlaces),
  otherMetric: fc.constantFrom(...Object.keys(metricOracles)),
  routes: anyRoutes,
  windows: fc.array(fc.tuple(anyInterval, fc.option(anyDelay, { nil: undefined })), {
    minLength: 1,
    maxLength: 2,
  }),
  stretchSeconds: fc.nat(20),
  pool: fc.array(
    fc.record({
      isOtherMetric: fc.boolean(),
      place: fc.nat(4),
      isEverywhere: fc.constantFrom(false, false, true),
      route: fc.option(fc.nat(3), { nil: undefined, freq: 5 }),
      window: fc.nat(2),
      isAdaptive: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  sets: fc.array(
    fc.record({
      asked: fc.array(fc.nat(19), { minLength: 1, maxLength: 12 }),
      maxNamedRoutes: fc.constantFrom(200, 3, 1, 0),
    }),
    { minLength: 1, maxLength: 50, size: 'max' },
  ),
  traffic: fc.noBias(
    fc.array(
      fc.record({
        about: fc.nat(19),
        route: fc.option(fc.nat(3), { nil: undefined, freq: 2 }),
        role: fc.constantFrom('primary', 'primary', 'canary', 'canary', 'retried canary', 'neither'),
        misread: fc.constantFrom(...misreads),
        otherPrimary: fc.oneof(fc.constantFrom(undefined, ''), anyRoute),
        noCanary: fc.constantFrom(...noCanaries),
        moment: anyMoment,
        perSecond: fc.constantFrom(1, 400, 20, 3, 0.5, 0.05),
        requests: fc.oneof({ weight: 9, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.nat(400) }),
        lag: anyLag,
      }),
      { maxLength: 16, size: 'max' },
    ),
  ),
});

type Draw = typeof anyDraw extends fc.Arbitrary<infer T> ? T : never;
type TrafficDraw = Draw['traffic'][number];

/** A drawn index stands for one of the drawn values, so that a failing world can shrink. */
function pick<T>(from: readonly T[], index: number): T {
  const picked = from[index % from.length];
  if (picked === undefined) throw new RangeError('nothing to pick from');
  return picked;
}

function worldOf(draw: Draw): World {
  const { subsecondMs, arrivedAgoMs, delaySeconds, widerSeconds, settledMs } = draw;
  const windows = windowsOf(draw);
  const pool = draw.pool.flatMap(
    ({ isOtherMetric, place, isEverywhere, route, window, isAdaptive }): Asked[] => {
      const [intervalSeconds, delay] = pick(windows, window);
      return (isEverywhere ? draw.places : [pick(draw.places, place)]).map((one) => ({
        metric: isOtherMetric ? draw.otherMetric : 'sls_ingress_qps',
        place: one,
        route: route === undefined ? undefined : pick(draw.routes, route),
        intervalSeconds,
        delaySeconds: delay,
        isAdaptive: isAdaptive && !isOtherMetric && intervalSeconds >= 15,
      }));
    },
  );
  return {
    subsecondMs,
    arrivedAgoMs,
    delaySeconds,
    widerSeconds,
    settledMs,
    traffic: draw.traffic.map((one) => trafficOf(one, draw, pick(pool, one.about))),
    sets: draw.sets.map(({ asked, maxNamedRoutes }) => ({
      asked: asked.map((index) => pick(pool, index)),
      maxNamedRoutes,
    })),
  };
}

/** The drawn windows, and one that begins with the first of them and ends later or at the same time. */
function windowsOf({ windows, delaySeconds, stretchSeconds }: Draw): Draw['windows'] {
  const [intervalSeconds, firstDelay = delaySeconds] = pick(windows, 0);
  const longerSeconds = Math.min(stretchSeconds, firstDelay);
  return [...windows, [intervalSeconds + longerSeconds, firstDelay - longerSeconds]];
}

/** Traffic that may affect one of the questions: in its logstore, around its window, mostly of its route. */
function trafficOf(drawn: TrafficDraw, draw: Draw, about: Asked): Traffic {
  const { role, misread, otherPrimary, noCanary, perSecond, requests, lag } = drawn;
  const route =
    drawn.route === undefined ? (about.route ?? pick(draw.routes, 0)) : pick(draw.routes, drawn.route);
  const end = -(about.delaySeconds ?? draw.delaySeconds);
  const start = end - about.intervalSeconds;
  const moments = { before: start - 1, first: start, last: end - 1, after: end };
  const { arrivedAgoMs, otherLagMs } = draw;
  const lags = { none: 0, 'just visible': arrivedAgoMs, 'just hidden': arrivedAgoMs + 1, other: otherLagMs };
  return {
    place: about.place,
    primary: role === 'primary' ? route : otherPrimary,
    alternative: role === 'canary' ? route : role === 'retried canary' ? `${misread}${route}` : noCanary,
    atSecond:
      typeof drawn.moment === 'string'
        ? moments[drawn.moment]
        : Math.floor(start - 3 + drawn.moment * (lastSecond - start + 3)),
    perSecond,
    requests,
    lagMs: lags[lag],
  };
}

export const anyWorld: fc.Arbitrary<World> = anyDraw.map(worldOf);
