import { beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { seriesOf } from '../../src/metric/series.ts';
import type { MetricRequest } from '../../src/metric/metric-request.ts';
import { AdaptiveWindows } from '../../src/reading/adaptive/adaptive-windows.ts';
import { Collector } from '../../src/reading/collector.ts';
import { failed, noForecasts } from '../../src/reading/history/kept-forecast.ts';
import { Reader } from '../../src/reading/reader.ts';
import type { AggregateQuery, AggregatesByRoute } from '../../src/sls/aggregate-source.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { CompleteResults, SampleStore } from '../../src/reading/sample-store.ts';
import { ReadBeats } from '../../src/reading/pace/read-beats.ts';
import { TestClock } from '../support/test-clock.ts';
import { waitFor } from '../support/wait-for.ts';
import { seriesWith } from './series.ts';
import { findMetric } from '../support/catalog.ts';

function request(...routes: readonly string[]): MetricRequest {
  const group = {
    metric: findMetric('sls_ingress_qps'),
    project: 'p1',
    logstore: 'nginx-ingress',
    routes: routes.length === 0 ? undefined : routes,
    filters: {},
    intervalSeconds: 15,
    delaySeconds: undefined,
    internalEndpoint: undefined,
  };
  return { ...group, maxRetries: 0, series: seriesOf(group) };
}

let clock: TestClock;
let queries: AggregateQuery[];
let reader: Reader;
/** The requests of each route in any window. A query for any other route fails. */
let requests: Record<string, number>;
/** If set, every query fails with it. */
let failing: AdapterError | undefined;
/** If set, queries are answered after it resolves. */
let held: Promise<void> | undefined;
const windows = new AdaptiveWindows({ windowShrunk: () => undefined });
let store: SampleStore;
let beats: ReadBeats;

beforeEach(() => {
  clock = new TestClock();
  queries = [];
  requests = { a: 15, b: 30, c: 0, '': 150 };
  failing = undefined;
  held = undefined;
  store = new SampleStore(100);
  beats = new ReadBeats(100);
  const complete = new CompleteResults({
    isTooEarly: () => false,
    windows,
    sink: store,
    monotonicMs: clock.monotonicMs,
  });
  const collector = new Collector(
    { gatherMs: 1, holdMs: 1, firstPauseMs: 0, longestPauseMs: 0, random: () => 0 },
    {
      clock,
      monotonicMs: clock.monotonicMs,
      endpointOf: () => parseEndpointUrl('http://127.0.0.1:1'),
      delaySecondsOf: () => 10,
      limitsOf: () => ({ maxNamedRoutes: 200, deadlineMs: 10_000 }),
      query,
      windows,
      sink: store,
      complete,
      observer: { batchSent: () => undefined },
    },
  );
  const settingsOf = () => ({ freshnessMs: 5000, maxStaleMs: 60_000, patienceMs: 20 });
  const forecasts = { read: () => failed(noForecasts()) };
  reader = new Reader({
    ...{ store, collector, complete, beats, forecasts, settingsOf, monotonicMs: clock.monotonicMs },
  });
});

async function query(asked: AggregateQuery): Promise<AggregatesByRoute> {
  queries.push(asked);
  await held;
  if (failing !== undefined) throw failing;
  const found = new Map<string | undefined, { requests: number }>();
  for (const route of asked.routes ?? [undefined]) {
    const count = requests[route ?? ''];
    if (count === undefined) throw new AdapterError('QueryRefused', `no ${route ?? ''}`);
    if (count > 0) found.set(route, { requests: count });
  }
  return found;
}

const read = (...routes: readonly string[]) => reader.read(request(...routes), new AbortController().signal);
const readValues = async (...routes: readonly string[]) =>
  (await read(...routes)).items.map(({ sample }) => sample.value);
const queried = () => queries.map(({ routes }) => routes);

describe('a reading', () => {
  it('has one item for each route, in the order of the request, with its labels and window', async () => {
    const window = { startSeconds: clock.nowSeconds - 25, endSeconds: clock.nowSeconds - 10 };
    const item = (route: string, value: number) => ({
      labels: { 'sls.project': 'p1', 'sls.logstore': 'nginx-ingress', 'sls.ingress.route': route },
      sample: { value, window },
    });
    expect((await read('b', 'c', 'a')).items).toEqual([item('b', 2), item('c', 0), item('a', 1)]);
  });

  it('keeps the order of the request if only some routes are fresh', async () => {
    await read('c');
    await read('b');
    expect(await readValues('a', 'b', 'c')).toEqual([1, 2, 0]);
  });

  it('has one item without a route for the whole logstore', async () => {
    const { items } = await read();
    expect(items).toMatchObject([{ sample: { value: 10 } }]);
    expect(items[0]?.labels).not.toHaveProperty('sls.ingress.route');
  });

  it('fails if one route fails, because a sum must not miss one', async () => {
    await read('a');
    await expect(read('a', 'lost')).rejects.toMatchObject({ code: 'QueryRefused' });
  });

  it('fails with Canceled as soon as its signal is aborted', async () => {
    await expect(reader.read(request('a'), AbortSignal.abort())).rejects.toMatchObject({
      code: 'Canceled',
    });
  });
});

describe('the source of a reading', () => {
  it('is fresh while the store has a fresh sample of every route, and cold when SLS was asked for one', async () => {
    expect((await read('a', 'b')).source).toBe('cold');
    const fresh = await read('a', 'b');
    expect(fresh).toEqual({ items: (await read('a', 'b')).items, source: 'fresh' });
    expect(queries).toHaveLength(1);
    expect((await read('a', 'c')).source).toBe('cold');
    clock.advance(5000);
    expect((await read('a', 'b')).source).toBe('cold');
  });
});

describe('a stored sample', () => {
  it('is served until it is freshnessMs old, counted from when its query was planned', async () => {
    await read('a');
    requests = { a: 45 };
    clock.advance(4999);
    expect(await readValues('a')).toEqual([1]);
    clock.advance(1);
    expect(await readValues('a')).toEqual([3]);
    expect(queried()).toEqual([['a'], ['a']]);
  });

  it('is served for the fresh routes, and SLS is asked only for the others', async () => {
    await read('a', 'b');
    clock.advance(3000);
    await read('c');
    clock.advance(3000);
    await read('a', 'c', 'b');
    expect(queried()).toEqual([['a', 'b'], ['c'], ['a', 'b']]);
  });

  it.each([-1, 1])('is fresh for its time when the system clock is set by %i h', async (hours) => {
    await read('a');
    clock.setBy(hours * 3_600_000);
    requests = { a: 45 };
    clock.advance(4999);
    expect(await readValues('a')).toEqual([1]);
    clock.advance(1);
    const { endSeconds } = (await read('a')).items[0]?.sample.window ?? {};
    expect(endSeconds).toBe(clock.nowSeconds - 10);
  });
});

describe('a stored failure', () => {
  const throttled = new AdapterError('SlsThrottled', 'too many');

  it('is answered without asking SLS while it is fresh', async () => {
    await expect(read('lost')).rejects.toMatchObject({ code: 'QueryRefused' });
    requests = { lost: 15 };
    clock.advance(4999);
    await expect(read('lost')).rejects.toMatchObject({ code: 'QueryRefused' });
    expect(queries).toHaveLength(1);
    clock.advance(1);
    expect(await readValues('lost')).toEqual([1]);
  });

  it('ends as soon as a refresh or another read has stored a sample', async () => {
    await expect(read('lost')).rejects.toThrow();
    const series = seriesWith({ route: 'lost' });
    const window = { startSeconds: 0, endSeconds: 15 };
    store.put(series, { value: 7, window }, { plannedAtMs: clock.now(), delaySeconds: 10 });
    expect(await readValues('lost')).toEqual([7]);
  });

  it('is not kept for a canceled read', async () => {
    await expect(reader.read(request('a'), AbortSignal.abort())).rejects.toMatchObject({
      code: 'Canceled',
    });
    expect(await readValues('a')).toEqual([1]);
  });

  it('leaves the last good sample served, with its own window, until that is maxStaleMs old', async () => {
    const [first] = (await read('a')).items;
    failing = throttled;
    clock.advance(59_999);
    const reading = await read('a');
    expect(reading).toMatchObject({ source: 'stale', items: [first] });
    clock.advance(1);
    await expect(read('a')).rejects.toBe(throttled);
  });

  it('is answered if the last good sample became too old while SLS was asked', async () => {
    await read('a');
    clock.advance(30_000);
    failing = throttled;
    const reply = Promise.withResolvers<undefined>();
    held = reply.promise;
    const reading = read('a', 'b');
    await waitFor(() => queries.length === 2);
    clock.advance(30_000);
    reply.resolve(undefined);
    await expect(reading).rejects.toBe(throttled);
  });

  it('of one route fails the reading unless every route has a good sample', async () => {
    await read('a');
    clock.advance(10_000);
    failing = throttled;
    await expect(read('a', 'b')).rejects.toBe(throttled);
    expect((await read('a')).source).toBe('stale');
  });

  it('is answered once the last good sample is too old, though the system clock was set back', async () => {
    await read('a');
    failing = throttled;
    clock.setBy(-3_600_000);
    clock.advance(59_999);
    expect((await read('a')).source).toBe('stale');
    clock.advance(1);
    await expect(read('a')).rejects.toBe(throttled);
  });
});

describe('a slow SLS', () => {
  const reply = () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    held = promise;
    return () => resolve(undefined);
  };

  it('is waited for no longer than patienceMs if there is a good sample, and its answer serves the next read', async () => {
    await read('a');
    clock.advance(10_000);
    requests = { a: 45 };
    const answer = reply();
    expect(await read('a')).toMatchObject({ source: 'stale', items: [{ sample: { value: 1 } }] });
    const next = read('a');
    answer();
    expect((await next).items).toMatchObject([{ sample: { value: 3 } }]);
  });

  it('is waited for beyond patienceMs if there is nothing else to serve', async () => {
    const answer = reply();
    const reading = read('a');
    await waitFor(() => queries.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer();
    expect(await reading).toMatchObject({ source: 'cold', items: [{ sample: { value: 1 } }] });
  });
});

it('learns the beat of each reader from all its reads, those with a fresh sample too', async () => {
  for (const user of ['one', 'other', 'one', 'other', 'one', 'other']) {
    clock.advance(2500);
    const by = { namespace: 'shop', user };
    if (reader.fresh(request('a'), by) === undefined)
      await reader.read(request('a'), new AbortController().signal, by);
  }
  expect(queries).toHaveLength(3);
  const due = beats.due({ project: 'p1', logstore: 'nginx-ingress' }, clock.now());
  expect(due.map(({ series, dueMs }) => [series.route, dueMs - clock.now()])).toEqual([
    ['a', 2500],
    ['a', 5000],
  ]);
});
