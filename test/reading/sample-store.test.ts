import { beforeEach, describe, expect, it } from 'vitest';
import type { Series } from '../../src/metric/series.ts';
import { AdapterError } from '../../src/errors.ts';
import { AdaptiveWindows } from '../../src/reading/adaptive/adaptive-windows.ts';
import { countedSpans } from '../../src/reading/adaptive/rise-test.ts';
import { Collector } from '../../src/reading/collector.ts';
import { CompleteResults, forgetPlanned, SampleStore } from '../../src/reading/sample-store.ts';
import { lastAlias } from '../../src/sls/query-text.ts';
import type { AggregateQuery, AggregatesByRoute } from '../../src/sls/aggregate-source.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { findMetric } from '../support/catalog.ts';
import { TestClock } from '../support/test-clock.ts';
import { alive } from './collector-harness.ts';
import { seriesWith } from './series.ts';

const freshnessMs = 10_000;
const route = (index: number) => seriesWith({ route: `r${index}` });

let clock: TestClock;
const windows = new AdaptiveWindows({ windowShrunk: () => undefined });
let store: SampleStore;
let complete: CompleteResults;
let queries: AggregateQuery[];
let isTooEarly: boolean;

/** Route `r7` has 150 requests in every window, that of `r800` is no number, and no other route has any. */
const answers: AggregatesByRoute = new Map([
  ['r7', { requests: 150 }],
  ['r800', { requests: Number.NaN }],
]);

/** Route `r900` has 10 requests/s, and 20 requests/s in the last 3 s. */
const adaptiveAnswers: AggregatesByRoute = new Map([
  [
    'r900',
    Object.fromEntries(
      countedSpans(15).map((seconds) => [lastAlias(seconds), 10 * seconds + 10 * Math.min(3, seconds)]),
    ),
  ],
]);

function createCollector() {
  return new Collector(
    { gatherMs: 0, holdMs: 20, firstPauseMs: 0, longestPauseMs: 0, random: () => 0 },
    {
      clock,
      monotonicMs: clock.monotonicMs,
      endpointOf: () => parseEndpointUrl('http://127.0.0.1:1'),
      delaySecondsOf: () => 10,
      isAdaptive: ({ windowMode }) => windowMode === 'adaptive',
      limitsOf: () => ({ maxNamedRoutes: 5, deadlineMs: 10_000 }),
      query: async (query) => {
        queries.push(query);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return query.lastSeconds === undefined ? answers : adaptiveAnswers;
      },
      windows,
      sink: store,
      complete,
      observer: { batchSent: () => undefined },
    },
  );
}

beforeEach(() => {
  clock = new TestClock();
  store = new SampleStore(5000);
  queries = [];
  isTooEarly = false;
  complete = new CompleteResults({
    isTooEarly: () => isTooEarly,
    windows,
    sink: store,
    monotonicMs: clock.monotonicMs,
  });
});

/** Reads each series for the first time, with so many workers, as the reader does. */
async function readAll(series: readonly Series[], workers: number): Promise<void> {
  const collector = createCollector();
  const left = [...series];
  const work = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift())
      if (complete.answer(one, freshnessMs) === undefined) await collector.collect([one], 0, alive());
  };
  await Promise.all(Array.from({ length: workers }, work));
}

describe('1000 routes that are read for the first time', () => {
  it.each([
    [5, 3],
    [100, 5],
  ])('by %i workers take at most %i queries', async (workers, most) => {
    await readAll(
      Array.from({ length: 1000 }, (_, index) => route(index === 800 ? 1000 : index)),
      workers,
    );
    expect(queries.length).toBeLessThanOrEqual(most);
    expect(queries.at(-1)?.everyRoute).toBe(true);
    expect(store.size).toBe(1000);
    expect(store.get(route(7))?.last?.sample.value).toBe(10);
    expect(store.get(route(999))?.last?.sample.value).toBe(0);
  });
});

describe('a complete result', () => {
  beforeEach(() =>
    readAll(
      Array.from({ length: 12 }, (_, index) => route(index)),
      12,
    ),
  );

  it('answers for routes that were never read, with its window, and stores their samples', () => {
    const outcome = complete.answer(route(500), freshnessMs);
    expect(outcome).toMatchObject({ kind: 'sample', sample: { value: 0, window: queries[0]?.window } });
    expect(store.get(route(500))?.last?.run).toEqual(store.get(route(7))?.last?.run);
  });

  it('is forgotten with its samples if it was planned after a second, such as that of the last line', () => {
    const plannedAt = Math.floor(clock.nowSeconds);
    const { project, logstore } = route(7);
    const isKept = () =>
      store.get(route(7))?.last !== undefined && complete.answer(route(500), freshnessMs) !== undefined;
    forgetPlanned({ project, logstore: 'other' }, plannedAt - 1, store, complete);
    forgetPlanned({ project, logstore }, plannedAt, store, complete);
    expect(isKept()).toBe(true);
    forgetPlanned({ project, logstore }, plannedAt - 1, store, complete);
    expect([store.size, complete.answer(route(500), freshnessMs)]).toEqual([0, undefined]);
  });

  it('answers for the windows of adaptive series, also of routes that were never read', async () => {
    const adaptive = (index: number) => seriesWith({ route: `r${index}`, windowMode: 'adaptive' });
    await readAll(
      Array.from({ length: 12 }, (_, index) => adaptive(index)),
      12,
    );
    expect(queries.at(-1)?.lastSeconds).toContain(60);
    const rising = complete.answer(adaptive(900), freshnessMs);
    const endSeconds = queries.at(-1)?.window.endSeconds ?? 0;
    expect(rising).toMatchObject({
      sample: { value: 20, window: { startSeconds: endSeconds - 3, endSeconds } },
    });
    expect(complete.answer(adaptive(901), freshnessMs)).toMatchObject({
      sample: { value: 0, window: { startSeconds: endSeconds - 15, endSeconds } },
    });
    expect(complete.answer(route(900), freshnessMs)).toMatchObject({ sample: { value: 0 } });
  });

  it('gives way to newer ones whose routes have long names', () => {
    const [query] = queries;
    if (query === undefined) throw new Error('no query was sent');
    const keep = (intervalSeconds: number) => {
      const rows = Array.from({ length: 2000 }, (_, row) => [`${row}-${'x'.repeat(3000)}`, {}] as const);
      const series = [seriesWith({ intervalSeconds })];
      complete.keep({ query, series }, new Map(rows), { plannedAtMs: clock.monotonicMs(), delaySeconds: 3 });
    };
    keep(15);
    expect(complete.answer(route(500), freshnessMs)).toBeDefined();
    keep(30);
    expect(complete.answer(route(500), freshnessMs)).toBeUndefined();
  });

  it('does not answer for a route without a number', () => {
    expect(complete.answer(route(800), freshnessMs)).toBeUndefined();
  });

  it('does not answer for another metric', () => {
    const latency = seriesWith({ route: 'r500', metric: findMetric('sls_ingress_latency_avg') });
    expect(complete.answer(latency, freshnessMs)).toBeUndefined();
  });

  it.each<[string, () => Series]>([
    ['another logstore', () => seriesWith({ route: 'r7', project: 'p2' })],
    ['another window', () => seriesWith({ route: 'r7', intervalSeconds: 60 })],
    [
      'other lines',
      () => seriesWith({ route: 'r7', filters: { method: { operator: 'in', values: ['GET'] } } }),
    ],
    ['the whole logstore', () => seriesWith({ route: undefined })],
  ])('does not answer for %s', (_, series) => {
    expect(complete.answer(series(), freshnessMs)).toBeUndefined();
  });

  it('does not answer once it is too old, whatever the system clock is set to', () => {
    clock.setBy(3_600_000);
    expect(complete.answer(route(7), freshnessMs)).toBeDefined();
    clock.setBy(-7_200_000);
    clock.advance(freshnessMs);
    expect(complete.answer(route(7), freshnessMs)).toBeUndefined();
  });

  it('does not answer if lines came after its window was counted', () => {
    isTooEarly = true;
    expect(complete.answer(route(7), freshnessMs)).toBeUndefined();
  });
});

it('is not what a query for named routes gives', async () => {
  await readAll([route(1), route(2)], 2);
  expect(queries[0]?.everyRoute).toBe(false);
  expect(complete.answer(route(3), freshnessMs)).toBeUndefined();
});

const sample = (value: number) => ({ value, window: { startSeconds: 85, endSeconds: 100 } });
const run = { plannedAtMs: 110_000, delaySeconds: 10 };
const error = new AdapterError('SlsThrottled', 'too many');
const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });

it('keeps the last sample of each series, by the key of the series and not by object identity', () => {
  const store = new SampleStore(10);
  store.put(seriesWith(), sample(1), run);
  store.put(seriesWith({ route: 'default-b-80' }), sample(2), run);
  store.put(seriesWith(), sample(3), run);
  expect(store.get(seriesWith())?.last).toEqual({ sample: sample(3), run });
  expect(store.get(seriesWith({ route: 'default-b-80' }))?.last).toEqual({ sample: sample(2), run });
  expect(store.get(seriesWith({ intervalSeconds: 16 }))).toBeUndefined();
  expect(store.get(seriesWith({ route: undefined }))).toBeUndefined();
});

it('keeps the last good sample beside a failure until there is a new sample', () => {
  const store = new SampleStore(10);
  store.fail(a, error, 115_000);
  expect(store.get(a)).toMatchObject({
    series: a,
    last: undefined,
    failure: { error, plannedAtMs: 115_000 },
  });
  store.put(a, sample(1), run);
  expect(store.get(a)?.failure).toBeUndefined();
  store.fail(a, error, 120_000);
  expect(store.get(a)).toMatchObject({
    series: a,
    last: { sample: sample(1), run },
    failure: { error, plannedAtMs: 120_000 },
  });
});

it('does not record a canceled query as a failure of the series', () => {
  const store = new SampleStore(10);
  store.fail(a, new AdapterError('Canceled', 'no reader is left'), 115_000);
  expect(store.get(a)).toBeUndefined();
});

it('drops the least recently used series when it is full', () => {
  const store = new SampleStore(2);
  const c = seriesWith({ route: 'c' });
  store.put(a, sample(1), run);
  store.put(b, sample(2), run);
  expect(store.get(a)).toBeDefined();
  store.put(c, sample(3), run);
  expect([a, b, c].map((series) => store.get(series)?.last?.sample.value)).toEqual([1, undefined, 3]);
  expect(store.size).toBe(2);
});

it('forgets only the entries that match', () => {
  const store = new SampleStore(10);
  store.put(a, sample(1), { ...run, delaySeconds: 4 });
  store.put(b, sample(2), { ...run, delaySeconds: 20 });
  store.forget((_, { delaySeconds }) => delaySeconds < 20);
  expect([a, b].map((series) => store.get(series)?.last?.sample.value)).toEqual([undefined, 2]);
});

it('lists every series once as it was at the call, even if it changes meanwhile, and marks none as used', () => {
  const store = new SampleStore(3);
  const [c, d] = [seriesWith({ route: 'c' }), seriesWith({ route: 'd' })];
  for (const [index, one] of [a, b, c].entries()) store.put(one, sample(index), run);
  const seen: string[] = [];
  for (const { series, last } of store.all()) {
    seen.push(`${series.route} ${last?.sample.value}`);
    store.put(c, sample(8), run);
    // Evicts `a`, the least recently used series.
    store.put(d, sample(9), run);
  }
  expect(seen.sort()).toEqual(['a 0', 'b 1', 'c 2']);
  expect(store.get(a)).toBeUndefined();
});
