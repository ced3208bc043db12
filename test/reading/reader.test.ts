import { beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { findMetric } from '../../src/metric/catalog.ts';
import type { MetricRequest } from '../../src/metric/metric-request.ts';
import { Collector } from '../../src/reading/collector.ts';
import { Reader } from '../../src/reading/reader.ts';
import { SampleStore } from '../../src/reading/sample-store.ts';
import type { AggregateQuery, AggregatesByRoute } from '../../src/sls/aggregate-source.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { TestClock } from '../support/test-clock.ts';

const request = (...routes: readonly string[]): MetricRequest => ({
  metric: findMetric('sls_ingress_qps'),
  project: 'p1',
  logstore: 'nginx-ingress',
  routes: routes.length === 0 ? undefined : routes,
  intervalSeconds: 15,
  delaySeconds: undefined,
  maxRetries: 0,
  internalEndpoint: undefined,
});

let clock: TestClock;
let queries: AggregateQuery[];
let reader: Reader;
/** How many requests of each route SLS has in any window; a route that is not here fails its query. */
let requests: Record<string, number>;

beforeEach(() => {
  clock = new TestClock();
  queries = [];
  requests = { a: 15, b: 30, c: 0, '': 150 };
  const store = new SampleStore(100);
  const collector = new Collector(
    { gatherMs: 1, deadlineMs: 10_000, firstPauseMs: 0, longestPauseMs: 0, random: () => 0 },
    {
      clock,
      endpointOf: () => parseEndpointUrl('http://127.0.0.1:1'),
      delaySecondsOf: () => 10,
      maxNamedRoutes: 200,
      query,
      onOutcome: (series, outcome, plannedAtMs) => {
        if (outcome.kind === 'sample') store.put(series, { sample: outcome.sample, plannedAtMs });
      },
    },
  );
  reader = new Reader({ freshnessMs: 5000 }, store, collector, clock);
});

function query(asked: AggregateQuery): Promise<AggregatesByRoute> {
  queries.push(asked);
  const found = new Map<string | undefined, { requests: number }>();
  for (const route of asked.routes ?? [undefined]) {
    const count = requests[route ?? ''];
    if (count === undefined) return Promise.reject(new AdapterError('QueryRefused', `no ${route ?? ''}`));
    if (count > 0) found.set(route, { requests: count });
  }
  return Promise.resolve(found);
}

const read = (...routes: readonly string[]) => reader.read(request(...routes), new AbortController().signal);
const readValues = async (...routes: readonly string[]) =>
  (await read(...routes)).items.map(({ sample }) => sample.value);
const queried = () => queries.map(({ routes }) => routes);

describe('a reading', () => {
  it('has one item a route, in the order asked for, with its labels and window', async () => {
    const window = { startSeconds: clock.nowSeconds - 25, endSeconds: clock.nowSeconds - 10 };
    const item = (route: string, value: number) => ({
      labels: { 'sls.project': 'p1', 'sls.logstore': 'nginx-ingress', 'sls.ingress.route': route },
      sample: { value, window },
    });
    expect((await read('b', 'c', 'a')).items).toEqual([item('b', 2), item('c', 0), item('a', 1)]);
  });

  it('keeps that order where some routes are fresh and some are not', async () => {
    await read('c');
    await read('b');
    expect(await readValues('a', 'b', 'c')).toEqual([1, 2, 0]);
  });

  it('of the whole logstore has one item without a route', async () => {
    const { items } = await read();
    expect(items).toMatchObject([{ sample: { value: 10 } }]);
    expect(items[0]?.labels).not.toHaveProperty('sls.ingress.route');
  });

  it('fails where one route does, since a sum must not miss one, whatever else is fresh', async () => {
    await read('a');
    await expect(read('a', 'lost')).rejects.toMatchObject({ code: 'QueryRefused' });
  });

  it('fails as soon as its asker leaves', async () => {
    await expect(reader.read(request('a'), AbortSignal.abort())).rejects.toMatchObject({ code: 'Canceled' });
  });
});

describe('a fresh reading', () => {
  it('needs no query, and is the same object until one of its samples is another or too old', async () => {
    const asked = request('a', 'b');
    expect(reader.fresh(asked)).toBeUndefined();
    await reader.read(request('a'), new AbortController().signal);
    expect(reader.fresh(asked)).toBeUndefined();
    const { items } = await reader.read(asked, new AbortController().signal);
    const fresh = reader.fresh(asked);
    expect(fresh?.items).toEqual(items);
    expect(reader.fresh(asked)).toBe(fresh);
    expect(reader.fresh(request('a', 'b'))).toEqual(fresh);
    clock.advance(5000);
    expect(reader.fresh(asked)).toBeUndefined();
    requests = { a: 45, b: 30 };
    await reader.read(asked, new AbortController().signal);
    expect(reader.fresh(asked)?.items.map(({ sample }) => sample.value)).toEqual([3, 2]);
  });
});

describe('a sample', () => {
  it('serves until it is as old as freshness allows, counted from when its query was planned', async () => {
    await read('a');
    requests = { a: 45 };
    clock.advance(4999);
    expect(await readValues('a')).toEqual([1]);
    clock.advance(1);
    expect(await readValues('a')).toEqual([3]);
    expect(queried()).toEqual([['a'], ['a']]);
  });

  it('serves the routes that are fresh, and SLS is asked for the others alone', async () => {
    await read('a', 'b');
    clock.advance(3000);
    await read('c');
    clock.advance(3000);
    await read('a', 'c', 'b');
    expect(queried()).toEqual([['a', 'b'], ['c'], ['a', 'b']]);
  });

  it('of the time before the clock was set back is not fresh, and the new one serves from then on', async () => {
    await read('a');
    clock.advance(-3_600_000);
    requests = { a: 45 };
    const { items } = await read('a');
    expect(items[0]?.sample).toEqual({
      value: 3,
      window: { startSeconds: clock.nowSeconds - 25, endSeconds: clock.nowSeconds - 10 },
    });
    clock.advance(4999);
    await read('a');
    expect(queries).toHaveLength(2);
  });

  it('of before the clock leapt ahead is not fresh', async () => {
    await read('a');
    clock.advance(3_600_000);
    await read('a');
    expect(queries).toHaveLength(2);
  });

  it('is not kept of a failure', async () => {
    await expect(read('lost')).rejects.toThrow();
    requests = { lost: 15 };
    expect(await readValues('lost')).toEqual([1]);
  });
});
