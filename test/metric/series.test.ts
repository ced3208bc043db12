import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { MetricRequest } from '../../src/metric/metric-request.ts';
import { seriesKey, seriesLabels, seriesOf, type Series } from '../../src/metric/series.ts';
import { findMetric } from '../support/catalog.ts';

const metric = findMetric('sls_ingress_qps');

const request: MetricRequest = {
  metric,
  project: 'p1',
  logstore: 'l1',
  routes: ['a-b-80', 'c-d-80'],
  filters: {},
  intervalSeconds: 15,
  delaySeconds: undefined,
  maxRetries: 5,
  internalEndpoint: undefined,
};

/** Names that differ by little, so that a careless key would confuse two of them. */
const names = fc.constantFrom('a', 'b', 'a,b', 'a"', 'a","b', 'null', '', 'undefined', '["a"]', '15');
const series: fc.Arbitrary<Series> = fc.record({
  metric: fc.constant(metric),
  project: names,
  logstore: names,
  route: fc.option(names, { nil: undefined }),
  filters: fc.constantFrom(
    {},
    { host: 'a' },
    { method: 'a' },
    { status: 'a' },
    { host: 'a', method: 'b' },
    { host: 'a', status: 'b' },
  ),
  intervalSeconds: fc.constantFrom(1, 15, 115),
  delaySeconds: fc.constantFrom(undefined, 0, 1, 15),
  internalEndpoint: fc.constantFrom(undefined, true, false),
});

describe('seriesOf', () => {
  it('gives one series a route, in their order', () => {
    expect(seriesOf(request).map(({ route }) => route)).toEqual(['a-b-80', 'c-d-80']);
  });

  it('gives one series for the whole logstore', () => {
    expect(seriesOf({ ...request, routes: undefined })).toEqual([
      {
        metric,
        project: 'p1',
        logstore: 'l1',
        route: undefined,
        filters: {},
        intervalSeconds: 15,
        delaySeconds: undefined,
        internalEndpoint: undefined,
      },
    ]);
  });
});

describe('seriesKey', () => {
  it('is equal for two series exactly when they are the same', () => {
    fc.assert(
      fc.property(series, series, (a, b) => {
        expect(seriesKey(a) === seriesKey(b)).toBe(isDeepStrictEqual(a, b));
      }),
      { numRuns: 1000 },
    );
  });

  it('is another one when any one part is', () => {
    fc.assert(
      fc.property(series, series, (a, b) => {
        for (const part of Object.keys(a) as (keyof Series)[]) {
          const changed: Series = { ...a, [part]: b[part] };
          expect(seriesKey(changed) === seriesKey(a)).toBe(isDeepStrictEqual(b[part], a[part]));
        }
      }),
    );
  });

  it('is equal to that of a copy, whatever retries were asked for', () => {
    const keys = [5, 0].map((maxRetries) => seriesOf({ ...request, maxRetries }).map(seriesKey));
    expect(keys[0]).toEqual(keys[1]);
  });
});

describe('seriesLabels', () => {
  it('says where the number comes from, and of which route', () => {
    const labels = seriesOf(request).map(seriesLabels);
    expect(labels[0]).toEqual({
      'sls.project': 'p1',
      'sls.logstore': 'l1',
      'sls.ingress.route': 'a-b-80',
    });
  });

  it('names no route for the whole logstore', () => {
    const [whole] = seriesOf({ ...request, routes: undefined }).map(seriesLabels);
    expect(whole).toEqual({ 'sls.project': 'p1', 'sls.logstore': 'l1' });
  });
});
