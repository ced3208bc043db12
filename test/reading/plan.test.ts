import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricDefinition } from '../../src/metric/catalog.ts';
import { newSeries, type Series } from '../../src/metric/series.ts';
import { outcomeFromResult, planBatches, windowOf, type PlanContext } from '../../src/reading/plan.ts';
import { resolveEndpoint } from '../../src/sls/endpoint.ts';
import { seriesWith } from './series.ts';
import { findMetric, listMetrics } from '../support/catalog.ts';
import { anyOf, noneOf } from '../support/choices.ts';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';

const nowSeconds = 1_658_460_600;
const context: PlanContext = {
  nowSeconds: nowSeconds + 0.999,
  endpointOf: ({ internalEndpoint }) =>
    resolveEndpoint({ region: 'cn-beijing', network: 'public' }, internalEndpoint),
  delaySecondsOf: ({ delaySeconds }) => delaySeconds ?? 10,
  maxNamedRoutes: 200,
};

const qps = findMetric('sls_ingress_qps');
const latency: MetricDefinition = {
  ...qps,
  name: 'latency',
  aggregates: { seconds: 'sum(request_time)', requests: 'count(*)' },
};

describe('a window', () => {
  it.each<[string, Partial<Series>, number, number]>([
    ['with the default delay', {}, -25, -10],
    ['with its own delay', { delaySeconds: 30 }, -45, -30],
    ['without a delay', { delaySeconds: 0 }, -15, 0],
    ['with its own interval', { intervalSeconds: 60 }, -70, -10],
  ])('%s starts and ends at whole seconds', (_, changes, start, end) => {
    expect(windowOf(seriesWith(changes), context)).toEqual({
      startSeconds: nowSeconds + start,
      endSeconds: nowSeconds + end,
    });
  });
});

describe('planning two series', () => {
  it.each<[string, Partial<Series>]>([
    ['two routes', { route: 'default-b-80' }],
    ['two metrics of one kind of log', { metric: latency }],
    ['a delay that is the default', { delaySeconds: 10 }],
    ['an endpoint that is the default', { internalEndpoint: false }],
  ])('makes one query for %s', (_, changes) => {
    expect(planBatches([seriesWith(), seriesWith(changes)], context)).toHaveLength(1);
  });

  it.each<[string, Partial<Series>]>([
    ['another project', { project: 'p2' }],
    ['another logstore', { logstore: 'other' }],
    ['another interval', { intervalSeconds: 16 }],
    ['another delay', { delaySeconds: 11 }],
    // The windows share their end or their start, but not both.
    ['a longer window of the same end', { intervalSeconds: 30 }],
    ['a later end of the same start', { intervalSeconds: 20, delaySeconds: 5 }],
    ['another endpoint', { internalEndpoint: true }],
    ['the whole logstore', { route: undefined }],
    ['another kind of log', { metric: { ...qps, name: 'alb', logKind: ingressLogs['alb-ingress'] } }],
  ])('makes two queries for %s', (_, changes) => {
    expect(planBatches([seriesWith(), seriesWith(changes)], context)).toHaveLength(2);
  });
});

it('asks once for each route and each aggregate, with the routes sorted', () => {
  const [batch] = planBatches(
    [
      seriesWith({ route: 'b' }),
      seriesWith({ route: 'a', metric: latency }),
      seriesWith({ route: 'a' }),
      seriesWith({ route: 'b' }),
    ],
    context,
  );
  expect(batch?.query).toMatchObject({
    routes: ['a', 'b'],
    aggregates: { requests: 'count(*)', seconds: 'sum(request_time)' },
    endpoint: { authority: 'cn-beijing.log.aliyuncs.com' },
  });
});

it('plans no query for no series', () => {
  expect(planBatches([], context)).toEqual([]);
});

it('can merge the aggregates of all metrics, because an alias has one meaning in each kind of log', () => {
  const meanings = new Map<string, string>();
  for (const { logKind, aggregates } of listMetrics()) {
    for (const [alias, sql] of Object.entries(aggregates)) {
      const key = `${JSON.stringify(logKind)} ${alias}`;
      expect(meanings.get(key) ?? sql, key).toBe(sql);
      meanings.set(key, sql);
    }
  }
  expect(meanings.size).toBeGreaterThan(0);
});

describe('planning any set of series', () => {
  const fields = [
    'metric',
    'project',
    'logstore',
    'route',
    'filters',
    'intervalSeconds',
    'delaySeconds',
    'internalEndpoint',
  ] as const;
  const anyParts = fc.record({
    metric: fc.constantFrom(qps, latency),
    project: fc.constantFrom('p1', 'p2', 'p1","x'),
    logstore: fc.constantFrom('l1', 'l2'),
    route: fc.option(fc.constantFrom('a', 'b', 'c', 'null', ''), { nil: undefined }),
    filters: fc.constantFrom(
      {},
      { host: anyOf('a') },
      { host: noneOf('a') },
      { method: anyOf('GET') },
      { host: anyOf('a'), status: anyOf('5xx') },
    ),
    intervalSeconds: fc.constantFrom(15, 16, 60),
    delaySeconds: fc.option(fc.constantFrom(0, 5, 10), { nil: undefined }),
    internalEndpoint: fc.option(fc.boolean(), { nil: undefined }),
  });
  const anySeries = anyParts.map(newSeries);

  /** Series that differ in one part at most. */
  const nearlyEqual = fc
    .record({ field: fc.constantFrom(...fields), other: anyParts })
    .map(({ field, other }) => seriesWith({ project: 'p1', logstore: 'l1', [field]: other[field] }));
  const anySet = fc.oneof(
    fc.array(anySeries, { maxLength: 40 }),
    fc.array(nearlyEqual, { minLength: 10, maxLength: 40 }),
  );

  it('puts every series in exactly one query, which asks for exactly what its series need', () => {
    fc.assert(
      fc.property(anySet, (series) => {
        const batches = planBatches(series, context);
        expect(new Set(batches.flatMap((batch) => batch.series))).toEqual(new Set(series));
        expect(batches.flatMap((batch) => batch.series)).toHaveLength(series.length);
        for (const { query, series: members } of batches) {
          for (const one of members) {
            expect(query).toMatchObject({
              project: one.project,
              logstore: one.logstore,
              logKind: one.metric.logKind,
              filters: one.filters,
              endpoint: context.endpointOf(one),
              window: windowOf(one, context),
              aggregates: one.metric.aggregates,
            });
            expect(query.routes === undefined).toBe(one.route === undefined);
          }
          const routes = new Set(members.flatMap(({ route }) => route ?? []));
          expect(new Set(query.routes)).toEqual(routes);
          expect(query.routes ?? []).toHaveLength(routes.size);
          const aliases = new Set(members.flatMap(({ metric }) => Object.keys(metric.aggregates)));
          expect(new Set(Object.keys(query.aggregates))).toEqual(aliases);
        }
      }),
    );
  });

  it('makes as few queries as possible, and the same queries in any order', () => {
    const canonical = (series: readonly Series[]) =>
      planBatches(series, context)
        .map(({ query }) => JSON.stringify({ ...query, aggregates: Object.entries(query.aggregates).sort() }))
        .sort();
    fc.assert(
      fc.property(anySet, (series) => {
        const queries = canonical(series);
        expect(canonical(series.toReversed())).toEqual(queries);
        const scopes = series.map((one) => [
          context.endpointOf(one).authority,
          one.project,
          one.logstore,
          windowOf(one, context),
          one.route === undefined,
          one.filters,
        ]);
        expect(queries).toHaveLength(new Set(scopes.map((scope) => JSON.stringify(scope))).size);
      }),
    );
  });
});

describe('the outcome of a series from a result', () => {
  const window = { startSeconds: 100, endSeconds: 116 };
  const series = seriesWith({ route: 'a' });

  it('is the value over its window', () => {
    const outcome = outcomeFromResult(series, window, new Map([['a', { requests: 126 }]]));
    expect(outcome).toEqual({ kind: 'sample', sample: { value: 7.875, window } });
  });

  it('is 0 if the result has no line for its route', () => {
    const outcome = outcomeFromResult(series, window, new Map([['b', { requests: 126 }]]));
    expect(outcome).toEqual({ kind: 'sample', sample: { value: 0, window } });
  });

  it('comes from the row without a route for a series of the whole logstore', () => {
    const whole = seriesWith({ route: undefined });
    const outcome = outcomeFromResult(whole, window, new Map([[undefined, { requests: 16 }]]));
    expect(outcome).toMatchObject({ sample: { value: 1 } });
  });

  it.each<[string, Record<string, number>]>([
    ['a missing aggregate', { other: 1 }],
    ['NaN', { requests: Number.NaN }],
    ['Infinity', { requests: Infinity }],
    ['a negative count', { requests: -1 }],
  ])('is SlsReplyInvalid for %s', (_, aggregates) => {
    const outcome = outcomeFromResult(series, window, new Map([['a', aggregates]]));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'SlsReplyInvalid' } });
  });
});

describe('the outcome of a series if lines lack the number', () => {
  const window = { startSeconds: 100, endSeconds: 116 };
  const outcome = (metric: string, aggregates?: Readonly<Record<string, number>>) => {
    const series = seriesWith({ metric: findMetric(metric) });
    const result = new Map(aggregates === undefined ? [] : [[series.route, aggregates] as const]);
    return outcomeFromResult(series, window, result);
  };
  const enough = { requests: 200, request_time_lines: 198, request_time_sum: 7.92 };

  it('is a value if at least 99 % of the lines have the number', () => {
    expect(outcome('sls_ingress_concurrency', enough)).toMatchObject({ sample: { value: 0.495, window } });
    expect(outcome('sls_ingress_latency_avg', enough)).toMatchObject({ sample: { value: 40 } });
  });

  it('is 0 without any line', () => {
    expect(outcome('sls_ingress_latency_avg')).toMatchObject({ sample: { value: 0 } });
  });

  it('is LinesUnreadable with the number of lines if more than 1 % lack the number', () => {
    expect(outcome('sls_ingress_concurrency', { ...enough, request_time_lines: 197 })).toMatchObject({
      error: {
        code: 'LinesUnreadable',
        what: 'sls_ingress_concurrency of default-a-80: more than one in 100 log lines has no number in request_time that can be read',
        cause: new Error('3 of 200 log lines'),
      },
    });
  });

  it('is LinesUnreadable, not 0, if all lines lack the number', () => {
    const none = { requests: 1, request_time_lines: 0, request_time_sum: NaN };
    for (const metric of ['sls_ingress_concurrency', 'sls_ingress_latency_avg'])
      expect(outcome(metric, none)).toMatchObject({ error: { code: 'LinesUnreadable' } });
  });

  it.each([NaN, -1])('is SlsReplyInvalid if the number is %d', (sum) => {
    expect(outcome('sls_ingress_concurrency', { ...enough, request_time_sum: sum })).toMatchObject({
      error: { code: 'SlsReplyInvalid' },
    });
  });

  it('is the latency of the requests that reached an upstream, and 0 if no request reached one', () => {
    const some = { requests: 100, upstream_time_lines: 30, no_upstream_lines: 60, upstream_time_sum: 15 };
    expect(outcome('sls_ingress_upstream_latency_avg', some)).toMatchObject({ sample: { value: 500 } });
    const none = { ...some, upstream_time_lines: 0, no_upstream_lines: 100, upstream_time_sum: NaN };
    expect(outcome('sls_ingress_upstream_latency_avg', none)).toMatchObject({ sample: { value: 0 } });
    const misread = { ...some, no_upstream_lines: 59 };
    expect(outcome('sls_ingress_upstream_latency_avg', misread)).toMatchObject({
      error: { code: 'LinesUnreadable' },
    });
  });
});
