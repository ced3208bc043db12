import { expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { historyLength } from '../../src/status/series-tracker.ts';
import type { StatusChange } from '../../src/status/status-tracker.ts';
import type { ReadingChange, SeriesStatus } from '../../src/status/status-document.ts';
import { newSeries } from '../../src/metric/series.ts';
import { seriesWith } from '../reading/series.ts';
import { createTracker, manySeries, putReading } from '../status-page/status-bench.ts';
import { anyOf, noneOf } from '../support/choices.ts';
import { TestClock } from '../support/test-clock.ts';

async function all<T>(some: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of some) found.push(one);
  return found;
}

const nothing = { projects: () => [], logstores: () => [] };

function bench(maxSeries?: number) {
  const clock = new TestClock();
  const tracker = createTracker(clock, maxSeries === undefined ? {} : { maxSeries });
  const rows = async () => (await all(tracker.allSeries())).flat();
  const row = async () => (await rows())[0];
  const changes = async () => {
    tracker.head(nothing);
    return all(tracker.changes());
  };
  return { clock, tracker, rows, row, changes };
}

const throttled = (what = 'Too many queued queries') => new AdapterError('SlsThrottled', what);
const series = seriesWith();
const aim = { kind: 'AverageValue', value: 10, minReplicas: 1, maxReplicas: 10 } as const;
const named = (route: string) => ({
  name: 'sls_ingress_qps',
  requirements: parseLabelSelector(`sls.ingress.route in (${route})`),
  target: aim,
});

it('describes a series with its reading, history and window', async () => {
  const { clock, tracker, rows } = bench();
  putReading(tracker, series, 23.8, clock.now());
  tracker.head(nothing);
  expect(await rows()).toEqual([
    {
      id: 1,
      state: 'fresh',
      metric: 'sls_ingress_qps',
      unit: 'requests/s',
      project: 'p1',
      logstore: 'nginx-ingress',
      route: 'default-a-80',
      filters: {},
      value: 23.8,
      history: [23.8],
      windowEndSeconds: clock.nowSeconds - 3,
      windowSeconds: 15,
      delaySeconds: 3,
      plannedAtMs: clock.now(),
      readers: [],
      failure: null,
    } satisfies SeriesStatus,
  ]);
});

it('names the filters of a series as a selector does, own labels too', async () => {
  const { clock, tracker, row } = bench();
  const filters = { status: noneOf('404', '499'), method: anyOf('GET', 'PUT'), host: anyOf('a.example.com') };
  const own = { 'my.agent': 'okhttp' };
  putReading(tracker, newSeries({ ...series, filters: { ...filters, own } }), 1, clock.now());
  expect((await row())?.filters).toEqual({
    ...own,
    host: 'a.example.com',
    method: 'in (GET,PUT)',
    status: 'notin (404,499)',
  });
});

it('turns a series from fresh to stale to failing while SLS fails, and back to fresh', async () => {
  const { clock, tracker, row } = bench();
  putReading(tracker, series, 1, clock.now());
  const failedAtMs = clock.now() + 5000;
  const state = async (afterMs: number) => {
    clock.advance(afterMs);
    tracker.series.fail(series, throttled());
    tracker.head(nothing);
    return row();
  };
  expect(await state(5000)).toMatchObject({
    state: 'stale',
    failure: { code: 'SlsThrottled', what: 'Too many queued queries', sinceMs: failedAtMs },
  });
  expect((await row())?.failure?.remedy).toMatch(/^SLS runs 15 SQL queries/);
  expect(await state(50_000)).toMatchObject({ state: 'stale' });
  expect(await state(10_000)).toMatchObject({ state: 'failing', failure: { sinceMs: failedAtMs } });
  putReading(tracker, series, 2, clock.now());
  tracker.head(nothing);
  expect(await row()).toMatchObject({ state: 'fresh', failure: null, history: [1, 2] });
});

it('keeps the last 30 readings of each series, the oldest first, rounded to four digits', async () => {
  const { clock, tracker, rows } = bench();
  const many = manySeries(3);
  for (let reading = 0; reading < historyLength + 5; reading++)
    for (const [index, one] of many.entries())
      putReading(tracker, one, index * 10_000 + reading, clock.now());
  const readings = Array.from({ length: historyLength }, (_, index) => index + 5);
  expect((await rows()).map(({ history }) => history)).toEqual(
    many.map((_, index) => readings.map((reading) => Number((index * 10_000 + reading).toPrecision(4)))),
  );
});

it('calls a late reading stale, and a series that never had a reading failing', async () => {
  const { clock, tracker, row } = bench();
  tracker.series.fail(series, throttled());
  tracker.head(nothing);
  expect(await row()).toMatchObject({ state: 'failing', value: null, history: [] });
  putReading(tracker, series, 1, clock.now());
  clock.advance(24_999);
  tracker.head(nothing);
  expect(await row()).toMatchObject({ state: 'fresh', failure: null });
  clock.advance(1);
  tracker.head(nothing);
  expect(await row()).toMatchObject({ state: 'stale', failure: null });
});

it('drops series that are not refreshed any more, unless an HPA names them', async () => {
  const { clock, tracker, rows } = bench();
  tracker.autoscalers.changed({ namespace: 'shop', name: 'web' }, [named('default-kept-80')]);
  putReading(tracker, series, 1, clock.now());
  clock.advance(60_000);
  expect(tracker.head(nothing).counts).toMatchObject({ series: 1, waiting: 1 });
  expect(await rows()).toMatchObject([{ route: 'default-kept-80' }]);
  tracker.autoscalers.changed({ namespace: 'shop', name: 'web' }, []);
  expect(tracker.head(nothing).counts.series).toBe(0);
});

it('sums the routes of an HPA metric, and computes replicas between the minimum and maximum of the HPA', async () => {
  const { clock, tracker } = bench();
  tracker.autoscalers.changed({ namespace: 'shop', name: 'web' }, [named('default-a-80,default-b-80')]);
  const wanted = async () => (await all(tracker.allAutoscalers())).flat()[0]?.metrics[0];
  putReading(tracker, seriesWith({ route: 'default-a-80' }), 12, clock.now());
  expect(await wanted()).toMatchObject({ sum: null, wantedReplicas: null, series: [1, 2], target: aim });
  putReading(tracker, seriesWith({ route: 'default-b-80' }), 12, clock.now());
  expect(await wanted()).toMatchObject({ sum: 24, wantedReplicas: 3 });
  putReading(tracker, seriesWith({ route: 'default-b-80' }), 1200, clock.now());
  expect(await wanted()).toMatchObject({ wantedReplicas: 10 });
});

it('lists the namespaces that read a series within the last two minutes', async () => {
  const { clock, tracker, row } = bench();
  const selector = 'sls.ingress.route=default-a-80';
  for (const namespace of ['shop', 'blog', 'shop'])
    tracker.readFinished({ read: { namespace, metric: 'sls_ingress_qps', selector }, ageMs: 6000 });
  expect(await row()).toMatchObject({ readers: ['shop', 'blog'] });
  clock.advance(119_000);
  tracker.readFinished({ read: { namespace: 'blog', metric: 'sls_ingress_qps', selector }, ageMs: 6000 });
  putReading(tracker, series, 1, clock.now());
  clock.advance(2000);
  tracker.head(nothing);
  expect(await row()).toMatchObject({ readers: ['blog'] });
});

it('lists 100 namespaces at most', async () => {
  const { tracker, row } = bench();
  const selector = 'sls.ingress.route=default-a-80';
  for (let n = 0; n < 150; n += 1)
    tracker.readFinished({ read: { namespace: `n-${n}`, metric: 'sls_ingress_qps', selector }, ageMs: 6000 });
  expect((await row())?.readers).toHaveLength(100);
});

it('tracks a dropped series again when it is read again', async () => {
  const { clock, tracker, row } = bench();
  const read = { namespace: 'shop', metric: 'sls_ingress_qps', selector: 'sls.ingress.route=default-a-80' };
  tracker.readFinished({ read, ageMs: 6000 });
  clock.advance(60_000);
  expect(tracker.head(nothing).counts.series).toBe(0);
  tracker.readFinished({ read, ageMs: 6000 });
  expect(await row()).toMatchObject({ state: 'waiting', readers: ['shop'] });
});

it('lists each refusal once, with the HPA if one names the metric, until it is not read any more', () => {
  const { clock, tracker } = bench();
  const requirements = parseLabelSelector('sls.ingress.rout=a');
  const read = { metric: 'sls_ingress_qps', selector: 'sls.ingress.rout=a' };
  tracker.readFinished({ read: { ...read, namespace: 'blog' }, ageMs: 6000 });
  tracker.readFinished({ read: { ...read, namespace: 'shop' }, ageMs: 6000 });
  tracker.autoscalers.changed({ namespace: 'shop', name: 'web' }, [
    { name: 'sls_ingress_qps', requirements },
  ]);
  const { refused, counts } = tracker.head(nothing);
  expect(refused).toMatchObject([
    { namespace: 'shop', autoscaler: 'web', code: 'LabelUnknown', selector: null },
    { namespace: 'blog', autoscaler: null, code: 'LabelUnknown', selector: 'sls.ingress.rout=a' },
  ]);
  expect(refused[0]?.remedy).toBe('Remove the label or correct its name.');
  expect(counts.refused).toBe(2);
  tracker.autoscalers.changed({ namespace: 'shop', name: 'web' }, []);
  clock.advance(121_000);
  expect(tracker.head(nothing).refused).toEqual([]);
});

it('yields only the changes since the last call', async () => {
  const { clock, tracker, changes } = bench();
  const [one, other] = [series, seriesWith({ route: 'default-b-80' })];
  putReading(tracker, one, 1, clock.now());
  tracker.recordChanges(true);
  putReading(tracker, one, 2, clock.now());
  expect(await changes()).toMatchObject([{ kind: 'rows', data: [{ id: 1, value: 2, state: 'fresh' }] }]);
  putReading(tracker, one, 3, clock.now());
  const reading: ReadingChange = [1, 3, clock.nowSeconds - 3, clock.now(), 3, 15];
  expect(await changes()).toEqual([{ kind: 'readings', data: [reading] }] satisfies StatusChange[]);
  expect(await changes()).toEqual([]);
  tracker.series.fail(one, throttled());
  tracker.series.fail(other, throttled());
  expect((await changes()).flatMap((change) => (change.kind === 'rows' ? change.data : []))).toMatchObject([
    { id: 1, state: 'stale' },
    { id: 2, state: 'failing' },
  ]);
  tracker.series.fail(one, throttled());
  expect(await changes()).toEqual([]);
  clock.advance(60_000);
  expect(await changes()).toEqual([{ kind: 'gone', data: [1, 2] }]);
});

it('records no changes while recording is off', async () => {
  const { clock, tracker, changes } = bench();
  putReading(tracker, series, 1, clock.now());
  tracker.autoscalers.changed({ namespace: 'shop', name: 'web' }, [named('default-a-80')]);
  tracker.recordChanges(true);
  tracker.recordChanges(false);
  putReading(tracker, series, 2, clock.now());
  expect(await changes()).toEqual([]);
});

it('tracks a limited number of series', () => {
  const { clock, tracker } = bench(3);
  for (const one of manySeries(5)) putReading(tracker, one, 1, clock.now());
  expect(tracker.head(nothing).counts).toMatchObject({ series: 3 });
});

it('yields rows as they are at that moment, with turns for other work in between', async () => {
  const { clock, tracker } = bench();
  const many = manySeries(500);
  let turns = 0;
  const change = () => {
    turns += 1;
    for (const one of many) putReading(tracker, one, turns, clock.now());
    next = setImmediate(change);
  };
  let next: NodeJS.Immediate | undefined;
  change();
  let rows = 0;
  for await (const chunk of tracker.allSeries()) {
    rows += chunk.length;
    // An older row would replace a newer one that was sent as a change.
    expect(new Set(chunk.map(({ value }) => value))).toEqual(new Set([turns]));
  }
  clearImmediate(next);
  expect(rows).toBe(500);
  expect(turns).toBeGreaterThanOrEqual(3);
});

it('holds long selectors in no more than their bytes, and forgets reads although no page asks', () => {
  const { clock, tracker } = bench();
  const read = (name: string, characters: number) =>
    tracker.readFinished({
      read: { namespace: 'shop', metric: 'sls_ingress_qps', selector: `${name}${'x'.repeat(characters)}` },
    });
  const refused = () => tracker.head(nothing).refused.length;
  for (let number = 0; number < 100; number += 1) read(`${number}`, 50_000);
  expect(refused()).toBe(10);
  clock.advance(121_000);
  read('a', 1000);
  read('b', 1000);
  expect(refused()).toBe(2);
});
