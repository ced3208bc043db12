import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeenQuery } from '../../bench/sls/messages.ts';
import { watchQueries } from '../../bench/sls/query-watch.ts';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { nginxIngressIndex, type FieldType } from '../../emulator/store/index-config.ts';
import { accessKey, logstore, project, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const endSeconds = clock.nowSeconds - 10;

/** `counts` lines in each second before the end of the window, the newest second last. */
const lines = (route: string, counts: readonly number[]): LogRecord[] =>
  counts.flatMap((count, index) =>
    Array.from({ length: count }, () => ({
      timeSeconds: endSeconds - counts.length + index,
      fields: { status: '200', proxy_upstream_name: route },
    })),
  );
const steady = (seconds: number, count: number) => Array.from({ length: seconds }, () => count);

const fields = { ...nginxIngressIndex.fields } as Record<string, FieldType>;
delete fields['proxy_alternative_upstream_name'];

let emulator: Emulator;
const adapters: TestAdapter[] = [];
const queries: SeenQuery[] = [];
const stopWatching = watchQueries((query) => queries.push(query));

beforeAll(async () => {
  emulator = await startEmulator({
    ...{ clock, accessKey },
    logstores: [
      { project, logstore },
      { project, logstore: 'silent' },
      { project, logstore: 'no-canaries', index: { fields } },
    ],
  });
  const rising = lines('default-rising-80', [...steady(115, 10), ...steady(5, 40)]);
  await emulator.sink(project, 'no-canaries').append(rising);
  await emulator
    .sink(project, 'silent')
    .append(lines('default-rising-80', [...steady(300, 10), ...steady(20, 0)]));
  await emulator
    .sink(project, logstore)
    .append([
      ...lines('default-rising-80', [...steady(115, 10), ...steady(5, 40)]),
      ...lines('default-steady-80', steady(120, 8)),
      ...lines('default-falling-80', [...steady(115, 40), ...steady(5, 10)]),
      ...lines('default-old-80', [...steady(60, 4), ...steady(30, 0)]),
    ]);
});
afterAll(async () => {
  for (const adapter of adapters) await adapter[Symbol.asyncDispose]();
  stopWatching();
  await emulator.stop();
});

async function start(reading = '') {
  const file = `reading: { refreshesIn15Seconds: 0, freshnessSeconds: 0, ${reading} silence: { holdSeconds: 0 } }`;
  const adapter = await startAdapter({ slsEndpoint: emulator.url, telemetryPort: '0' }, { clock }, file);
  adapters.push(adapter);
  return adapter;
}

const names = { 'sls.project': project, 'sls.logstore': logstore };
const adaptive = { 'sls.query.window': 'adaptive' };
const of = (route: string, more: Readonly<Record<string, string>> = adaptive) => ({
  ...names,
  'sls.ingress.route': `default-${route}-80`,
  ...more,
});

interface Item {
  readonly timestamp: string;
  readonly window: number;
  readonly value: string;
}

async function itemsOf(adapter: TestAdapter, labels: Readonly<Record<string, string>>, metric = 'qps') {
  const { statusCode, text, body } = await adapter.read(`sls_ingress_${metric}`, labels);
  expect(text).toContain('ExternalMetricValueList');
  expect(statusCode).toBe(200);
  return (body as { items: Item[] }).items.map(({ window, value, timestamp }) => {
    expect(timestamp).toBe(new Date(endSeconds * 1000).toISOString().replace('.000', ''));
    return { window, value };
  });
}

describe('an adaptive window', () => {
  it.each([
    ['rising', { window: 3, value: '40' }],
    ['steady', { window: 15, value: '8' }],
    ['falling', { window: 15, value: '30' }],
    ['old', { window: 15, value: '0' }],
    ['absent', { window: 15, value: '0' }],
  ])('of a route with %s requests', async (route, item) => {
    const adapter = await start();
    expect(await itemsOf(adapter, of(route))).toEqual([item]);
  });

  it('stays as it is by the label fixed, and without a label', async () => {
    const adapter = await start('window: adaptive,');
    const fixed = { window: 15, value: '20' };
    expect(await itemsOf(adapter, of('rising', { 'sls.query.window': 'fixed' }))).toEqual([fixed]);
    expect(await itemsOf(await start(), of('rising', {}))).toEqual([fixed]);
  });

  it('comes by the setting for all, but only for rates of requests over 15 s or more', async () => {
    const adapter = await start('window: adaptive,');
    expect(await itemsOf(adapter, of('rising', {}))).toEqual([{ window: 3, value: '40' }]);
    expect(await itemsOf(adapter, of('rising', { 'sls.ingress.status': '2xx' }), 'status_qps')).toEqual([
      { window: 3, value: '40' },
    ]);
    expect(await itemsOf(adapter, of('rising', { 'sls.query.interval': '14' }))).toMatchObject([
      { window: 14 },
    ]);
    expect(await itemsOf(adapter, of('rising', {}), 'requests')).toEqual([{ window: 15, value: '300' }]);
    expect(await itemsOf(adapter, of('rising', {}), 'error_ratio')).toEqual([{ window: 15, value: '0' }]);
  });

  it('takes a longer window too, and the whole logstore', async () => {
    const adapter = await start();
    expect(await itemsOf(adapter, of('rising', { ...adaptive, 'sls.query.interval': '90' }))).toEqual([
      { window: 3, value: '40' },
    ]);
    expect(await itemsOf(adapter, of('steady', { ...adaptive, 'sls.query.interval': '90' }))).toEqual([
      { window: 90, value: '8' },
    ]);
    expect(await itemsOf(adapter, { ...names, ...adaptive })).toEqual([{ window: 15, value: '58' }]);
  });

  it('is right in queries that name their routes, and in those that count every route', async () => {
    for (const maxNamedRoutes of [0, 5]) {
      const adapter = await start(`maxNamedRoutes: ${maxNamedRoutes},`);
      queries.length = 0;
      const read = await Promise.all([
        itemsOf(adapter, of('rising')),
        itemsOf(adapter, of('steady')),
        itemsOf(adapter, of('falling')),
        itemsOf(adapter, of('rising', {})),
      ]);
      expect(read.flat().map(({ window }) => window)).toEqual([3, 15, 15, 15]);
      const everyRoute = queries.filter(({ text }) => text.includes('IS NOT NULL'));
      expect(everyRoute).toHaveLength(maxNamedRoutes === 0 ? queries.length : 0);
    }
  });

  it.each(['5xx', 'incomplete'])('is the same after a retry (%s)', async (fault) => {
    const adapter = await start();
    emulator.setFaults({ times: 1, ...(fault === '5xx' ? { status: 500 } : { incomplete: true }) });
    expect(await itemsOf(adapter, of('rising'))).toEqual([{ window: 3, value: '40' }]);
  });

  it('needs no index on the column of canaries', async () => {
    const adapter = await start();
    const labels = { ...of('rising'), 'sls.logstore': 'no-canaries' };
    expect(await itemsOf(adapter, labels)).toEqual([{ window: 3, value: '40' }]);
  });

  it('is refused while the whole logstore is silent', async () => {
    const adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock });
    adapters.push(adapter);
    const { statusCode, text } = await adapter.read('sls_ingress_qps', {
      ...of('rising'),
      'sls.logstore': 'silent',
    });
    expect(text).toContain('LogstoreSilent');
    expect(statusCode).toBe(503);
  });

  it('is refused where it would not be adaptive', async () => {
    const adapter = await start();
    const short = await adapter.read(
      'sls_ingress_qps',
      of('rising', { ...adaptive, 'sls.query.interval': '14' }),
    );
    expect(short.statusCode).toBe(400);
    expect(short.text).toContain('sls.query.window: adaptive needs sls.query.interval of 15 or more, not 14');
    for (const metric of ['sls_ingress_latency_p95', 'sls_ingress_requests', 'sls_alb_ingress_concurrency']) {
      const { statusCode, text } = await adapter.read(metric, of('rising'));
      expect(statusCode).toBe(400);
      expect(text).toContain(`and not for ${metric}: leave it out`);
    }
  });
});

it('a fixed window reads and scans as before, an adaptive one the lines of a minute', async () => {
  const adapter = await start();
  queries.length = 0;
  await itemsOf(adapter, of('steady', {}));
  await itemsOf(adapter, of('steady'));
  const [fixed, shrinking] = queries;
  expect(fixed?.text).toContain(`__time__ >= ${endSeconds - 15} AND`);
  expect(fixed?.text).not.toContain('last_');
  expect(shrinking?.text).toContain(`__time__ >= ${endSeconds - 60} AND`);
  expect(shrinking?.fromSeconds).toBeLessThanOrEqual(endSeconds - 60);
});
