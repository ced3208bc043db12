import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  startAdapter,
  type TestAdapter,
} from '../support/adapter.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const delaySeconds = 10;
const endSeconds = clock.nowSeconds - delaySeconds;

const line = (timeSeconds: number, primary: string, alternative = ''): LogRecord => ({
  timeSeconds,
  fields: { status: '200', proxy_upstream_name: primary, proxy_alternative_upstream_name: alternative },
});

/** `count` lines in each period of `periodSeconds` before the window's end, as late in the period as possible. */
const periodic = (route: string, count: number, periodSeconds: number): LogRecord[] =>
  Array.from({ length: Math.floor(96 / periodSeconds) }, (_, period) =>
    Array.from({ length: count }, () => line(endSeconds - 1 - period * periodSeconds, route)),
  ).flat();

const labels = (more: Readonly<Record<string, string>>) => ({
  'sls.project': project,
  'sls.logstore': logstore,
  ...more,
});

const route = (name: string, more: Readonly<Record<string, string>> = {}) =>
  labels({ 'sls.ingress.route': name, 'sls.query.interval': '16', ...more });

/** Names that would end a string, a phrase or a statement if the quoting were wrong. */
const hostileRoutes = [`a" or *`, `x' OR '1'='1`, `a-b-c' UNION SELECT 'x', '9' --`, 'a|b', 'a\\', '*'];

describe('a reading is exact', () => {
  let emulator: Emulator;
  let adapter: TestAdapter;

  beforeAll(async () => {
    emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, clock });
    adapter = await startAdapter(
      { slsEndpoint: emulator.url },
      { clock },
      'reading: { refreshesIn15Seconds: 0, silence: { holdSeconds: 0 } }',
    );
    await emulator
      .sink(project, logstore)
      .append([
        ...periodic('default-bert-8501', 63, 8),
        ...periodic('default-even-80', 8, 1),
        line(endSeconds - 16, 'default-rare-80'),
        line(endSeconds - 17, 'default-edge-80'),
        line(endSeconds, 'default-edge-80'),
        ...Array.from({ length: 4 }, () => line(endSeconds - 2, 'default-primary-80')),
        ...Array.from({ length: 2 }, () => line(endSeconds - 2, 'default-primary-80', 'default-canary-80')),
        line(endSeconds - 2, 'default-primary-80', '502, 200 46b79 a.example.com ['),
        line(endSeconds - 2, 'default-primary-80', '-'),
        ...hostileRoutes.map((name) => line(endSeconds - 3, name)),
        ...periodic('default-a-service-with-a-name-so-long-that-no-label-value-could-hold-it-http', 3, 1),
      ]);
  });
  afterAll(async () => {
    await adapter[Symbol.asyncDispose]();
    await emulator.stop();
  });

  it.each([
    ['63 requests per 8 s', route('default-bert-8501'), '7875m'],
    ['8 requests per second', route('default-even-80'), '8'],
    [
      '8 requests per second over the default window',
      labels({ 'sls.ingress.route': 'default-even-80' }),
      '8',
    ],
    ['8 requests per second over a minute', route('default-even-80', { 'sls.query.interval': '60' }), '8'],
    ['1 request in 16 s, in the first second of the window', route('default-rare-80'), '63m'],
    ['does not count requests one second before or after the window', route('default-edge-80'), '0'],
    ['is 0 for a route without requests', route('default-none-80'), '0'],
    ['is 0 for a route that is only the start of another route', route('default-bert-85'), '0'],
    ['of a primary does not count what its canary served', route('default-primary-80'), '375m'],
    ['a canary', route('default-canary-80'), '125m'],
    [
      'of a route longer than a label value is read by its parts',
      labels({
        'sls.ingress.service': 'a-service-with-a-name-so-long-that-no-label-value-could-hold-it',
        'sls.ingress.port': 'http',
      }),
      '3',
    ],
  ])('%s', async (_, selector, value) => {
    const { statusCode, body } = await adapter.read('sls_ingress_qps', selector);
    const interval = Number(new Map(Object.entries(selector)).get('sls.query.interval') ?? 15);
    expect(statusCode).toBe(200);
    expect(body).toEqual({
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [
        {
          metricName: 'sls_ingress_qps',
          metricLabels: expect.objectContaining({
            'sls.project': project,
            'sls.logstore': logstore,
          }) as unknown,
          timestamp: new Date(endSeconds * 1000).toISOString().replace('.000', ''),
          window: interval,
          value,
        },
      ],
    });
  });

  it('covers the whole logstore if no route is named', async () => {
    const { body } = await adapter.read('sls_ingress_qps', labels({ 'sls.query.interval': '16' }));
    const inWindow = 126 + 128 + 1 + 8 + hostileRoutes.length + 48;
    expect(body).toMatchObject({ items: [{ value: `${Math.ceil((inWindow * 1000) / 16)}m` }] });
  });

  it('has one item for each route, in the order of the selector', async () => {
    const selector = `sls.project=${project},sls.logstore=${logstore},sls.query.interval=16,sls.ingress.route in (default-even-80,default-bert-8501,default-none-80)`;
    const { body } = await adapter.request(readPath('sls_ingress_qps', selector));
    expect(body).toMatchObject({
      items: [
        { metricLabels: { 'sls.ingress.route': 'default-bert-8501' }, value: '7875m' },
        { metricLabels: { 'sls.ingress.route': 'default-even-80' }, value: '8' },
        { metricLabels: { 'sls.ingress.route': 'default-none-80' }, value: '0' },
      ],
    });
  });

  it('moves with the window, and queries SLS again only after 10 s', async () => {
    const before = emulator.stats().queries;
    const value = async () => {
      const { body } = await adapter.read(
        'sls_ingress_qps',
        route('default-edge-80', { 'sls.query.interval': '18' }),
      );
      return (body as { items: [{ value: string }] }).items[0].value;
    };
    expect(await value()).toBe('56m');
    clock.advance(9999);
    expect(await value()).toBe('56m');
    expect(emulator.stats().queries).toBe(before + 1);
    clock.advance(1);
    expect(await value()).toBe('56m');
    expect(emulator.stats().queries).toBe(before + 2);
    clock.advance(-10_000);
  });
});
