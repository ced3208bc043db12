import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { newSeries, seriesOf, type SeriesGroup, type SeriesParts } from '../../src/metric/series.ts';
import { findMetric } from '../support/catalog.ts';
import { anyOf, noneOf } from '../support/choices.ts';

const metric = findMetric('sls_ingress_qps');

const request: SeriesGroup = {
  metric,
  project: 'p1',
  logstore: 'l1',
  routes: ['a-b-80', 'c-d-80'],
  filters: {},
  intervalSeconds: 15,
  delaySeconds: undefined,
  internalEndpoint: undefined,
};

/** Names that differ in little, so that a careless key would mix them up. */
const names = fc.constantFrom('a', 'b', 'a,b', 'a"', 'a","b', 'null', '', 'undefined', '["a"]', '15');
const anyParts: fc.Arbitrary<SeriesParts> = fc.record({
  metric: fc.constant(metric),
  project: names,
  logstore: names,
  route: fc.option(names, { nil: undefined }),
  filters: fc.constantFrom(
    {},
    { host: anyOf('a') },
    { host: noneOf('a') },
    { host: anyOf('a', 'b') },
    { host: anyOf('a,b') },
    { method: anyOf('a') },
    { status: anyOf('a') },
    { host: anyOf('a'), method: anyOf('b') },
    { host: anyOf('a'), status: anyOf('b') },
  ),
  intervalSeconds: fc.constantFrom(1, 15, 115),
  delaySeconds: fc.constantFrom(undefined, 0, 1, 15),
  internalEndpoint: fc.constantFrom(undefined, true, false),
  windowMode: fc.constantFrom(undefined, 'fixed', 'adaptive'),
});

describe('seriesOf', () => {
  it('returns one series for each route, in their order', () => {
    expect(seriesOf(request).map(({ route }) => route)).toEqual(['a-b-80', 'c-d-80']);
  });

  it('returns one series for the whole logstore', () => {
    expect(seriesOf({ ...request, routes: undefined })).toEqual([
      newSeries({
        metric,
        project: 'p1',
        logstore: 'l1',
        route: undefined,
        filters: {},
        intervalSeconds: 15,
        delaySeconds: undefined,
        internalEndpoint: undefined,
      }),
    ]);
  });
});

describe('the key of a series', () => {
  it('is equal for two series exactly when all their parts are equal', () => {
    fc.assert(
      fc.property(anyParts, anyParts, (a, b) => {
        expect(newSeries(a).key === newSeries(b).key).toBe(isDeepStrictEqual(a, b));
      }),
      { numRuns: 1000 },
    );
  });

  it('differs when any one part differs', () => {
    fc.assert(
      fc.property(anyParts, anyParts, (a, b) => {
        for (const part of Object.keys(a) as (keyof SeriesParts)[]) {
          const changed = newSeries({ ...a, [part]: b[part] });
          expect(changed.key === newSeries(a).key).toBe(isDeepStrictEqual(b[part], a[part]));
        }
      }),
    );
  });

  it('shares its group key with exactly the series that differ in nothing but the route', () => {
    const withRoute = (parts: SeriesParts): SeriesParts =>
      parts.route === undefined ? parts : { ...parts, route: 'any' };
    fc.assert(
      fc.property(anyParts, anyParts, (a, b) => {
        const isGroup = isDeepStrictEqual(withRoute(a), withRoute(b));
        expect(newSeries(a).groupKey === newSeries(b).groupKey).toBe(isGroup);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the labels of a series', () => {
  it('contain the project, the logstore and the route', () => {
    const all = seriesOf(request).map(({ labels }) => labels);
    expect(all[0]).toEqual({
      'sls.project': 'p1',
      'sls.logstore': 'l1',
      'sls.ingress.route': 'a-b-80',
    });
  });

  it('contain no route for the whole logstore', () => {
    const [whole] = seriesOf({ ...request, routes: undefined });
    expect(whole?.labels).toEqual({ 'sls.project': 'p1', 'sls.logstore': 'l1' });
  });
});
