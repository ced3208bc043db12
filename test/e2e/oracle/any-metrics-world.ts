import fc from 'fast-check';
import type { LineFilters } from '../../../src/metric/series.ts';
import { hosts, lineStyles } from './line-styles.ts';
import { misreadRetry } from './names.ts';
import { places } from './sls-pair.ts';
import type { Asked, World } from './world.ts';
import { anyOf, noneOf } from '../../support/choices.ts';
import { metricOracles } from './log-oracle.ts';

const [host = ''] = hosts;

const someFilters = fc.constantFrom<LineFilters[]>(
  { status: anyOf('5xx') },
  { status: anyOf('2xx') },
  { status: anyOf('404') },
  { status: anyOf('299') },
  { status: anyOf('000') },
  { status: noneOf('000', '5xx') },
  { status: anyOf('204', '404', '5xx') },
  { status: noneOf('404') },
  { status: noneOf('2xx', '503') },
  { host: anyOf(host) },
  { host: anyOf(...hosts) },
  { host: noneOf(host, 'c.example.com') },
  { method: anyOf('POST') },
  { method: noneOf('POST') },
  { method: anyOf('GET', 'POST', 'PUT') },
  { host: anyOf(host), status: anyOf('5xx') },
  { host: noneOf(host), method: noneOf('GET'), status: noneOf('5xx') },
  { host: anyOf('c.example.com') },
);

/** Lines of one form. One route may have lines of several forms. */
const someLines = fc.record({
  style: fc.constantFrom(...lineStyles),
  role: fc.constantFrom('main', 'main', 'canary', 'retried canary'),
  requests: fc.oneof(fc.nat(30), fc.integer({ min: 90, max: 230 })),
  atSecond: fc.integer({ min: -17, max: 1 }),
  perSecond: fc.constantFrom(1000, 20, 3),
});

const routeOf = (n: number) => `default-form-${n}-80`;

/**
 * One logstore with routes whose lines have many forms. Every metric is read for each route and for the whole logstore,
 * with and without filters, planned together.
 */
export const anyMetricsWorld: fc.Arbitrary<World> = fc
  .record({
    place: fc.constantFrom(...places),
    routes: fc.array(fc.array(someLines, { minLength: 1, maxLength: 3 }), { minLength: 4, maxLength: 12 }),
    filters: fc.tuple(fc.constant<LineFilters>({}), someFilters),
    intervalSeconds: fc.constantFrom(15, 60, 15, 1),
    maxNamedRoutes: fc.constantFrom(200, 0),
  })
  .map(({ place, routes, filters, intervalSeconds, maxNamedRoutes }) => {
    const asked = Object.keys(metricOracles).flatMap((name): Asked[] =>
      [undefined, ...routes.map((_, n) => routeOf(n)), routeOf(routes.length)].map((route) => ({
        metric: name,
        place,
        route,
        intervalSeconds,
        delaySeconds: undefined,
      })),
    );
    return {
      subsecondMs: 0,
      arrivedAgoMs: 0,
      delaySeconds: 0,
      widerSeconds: 0,
      settledMs: 0,
      traffic: routes.flatMap((lines, n) =>
        lines.map(({ role, ...form }) => ({
          ...form,
          place,
          primary: role === 'main' ? routeOf(n) : 'default-web-80',
          alternative: role === 'main' ? '' : role === 'canary' ? routeOf(n) : `${misreadRetry}${routeOf(n)}`,
          lagMs: 0,
        })),
      ),
      sets: [
        {
          asked: filters.flatMap((one) => asked.map((plain) => ({ ...plain, filters: one }))),
          maxNamedRoutes,
        },
      ],
    };
  });
