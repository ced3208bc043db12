import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { albIngressIndex } from '../../emulator/store/index-config.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  selectorOf,
  startAdapter,
  type TestAdapter,
} from '../support/adapter.ts';
import { expectStatus } from '../support/expect-status.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const endSeconds = clock.nowSeconds - 10;
const albLogstore = 'alb_k8s_logstore';
const busyLogstore = 'busy';

/** Twenty requests in the window, of 10 ms, 20 ms, … 200 ms and 300 bytes each. Two of them failed. */
const fieldsOf = (n: number): Record<string, string> => ({
  status: n < 18 ? '200' : '502',
  host: n % 2 === 0 ? 'a.example.com' : 'b.example.com',
  request_length: '300',
  body_bytes_sent: '1500',
  request_time: ((n + 1) / 100).toFixed(3),
});

const nginxLine = (route: string, n: number, upstreams: string, alternative = ''): LogRecord => ({
  timeSeconds: endSeconds - 1 - (n % 15),
  fields: {
    ...fieldsOf(n),
    method: n < 5 ? 'POST' : 'GET',
    proxy_upstream_name: route,
    proxy_alternative_upstream_name: alternative,
    upstream_response_time: upstreams,
  },
});

const albLine = (n: number, upstreams: string): LogRecord => ({
  timeSeconds: endSeconds - 1 - (n % 15),
  fields: {
    ...fieldsOf(n),
    request_method: n < 5 ? 'POST' : 'GET',
    slb_pool_name: 'default-tea-svc-80',
    upstream_response_time: upstreams,
  },
});

/** Ten thousand requests with different times, 1 ms to 10 s. Their two upstreams took one second more. */
const busyLines = Array.from({ length: 10_000 }, (_, n): LogRecord => {
  const ms = ((n * 7919) % 10_000) + 1;
  const line = nginxLine('default-busy-80', n, `1.000, ${(ms / 1000).toFixed(3)}`);
  return { ...line, fields: { ...line.fields, request_time: (ms / 1000).toFixed(3) } };
});

const twenty = Array.from({ length: 20 }, (_, n) => n);
const names = { 'sls.project': project, 'sls.logstore': logstore };
const nginx = { ...names, 'sls.ingress.route': 'default-nginx-80' };
const alb = {
  'sls.project': project,
  'sls.logstore': albLogstore,
  'sls.ingress.route': 'default-tea-svc-80',
};

let emulator: Emulator;
let adapter: TestAdapter;

beforeAll(async () => {
  emulator = await startEmulator({
    logstores: [
      { project, logstore },
      { project, logstore: albLogstore, index: albIngressIndex },
      { project, logstore: busyLogstore },
    ],
    accessKey,
    clock,
  });
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, 'reading: { freshnessSeconds: 0 }');
  const misread = '0,';
  await emulator
    .sink(project, logstore)
    .append([
      ...twenty.map((n) => nginxLine('default-nginx-80', n, n === 0 ? '0.100, 0.300' : n < 10 ? '0.1' : '-')),
      ...twenty.map((n) => nginxLine('default-nginx-80', n, '0.1', 'default-canary-80')),
      ...twenty.map((n) => nginxLine('default-retried-80', n, n < 3 ? misread : '0.1')),
    ]);
  await emulator.sink(project, albLogstore).append(twenty.map((n) => albLine(n, n < 18 ? '0.25' : '-')));
  // SQL prints a small number like this if the column is indexed as a number.
  const quick = twenty.map((n) => nginxLine('default-quick-80', n, '5.0E-4'));
  const redirects = twenty.map((n) => nginxLine('default-redirects-80', n, n % 2 === 0 ? '-' : ''));
  await emulator.sink(project, busyLogstore).append([...busyLines, ...quick, ...redirects]);
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

async function valueOf(metric: string, labels: Readonly<Record<string, string>>): Promise<string> {
  const { body, text } = await adapter.request(readPath(metric, selectorOf(labels)));
  const { items = [] } = body as { readonly items?: readonly { readonly value: string }[] };
  expect(items, text).toHaveLength(1);
  return items[0]?.value ?? '';
}

const perRoute: readonly (readonly [string, string])[] = [
  ['qps', '1334m'],
  ['requests', '20'],
  ['error_ratio', '100m'],
  ['inflow', '400'],
  ['outflow', '2k'],
  ['concurrency', '140m'],
  ['latency_avg', '105'],
  ['latency_p50', '100'],
  ['latency_p95', '190'],
  ['latency_p99', '200'],
  ['latency_p9999', '200'],
];

describe('each metric is computed from the lines, in its unit', () => {
  it.each(perRoute)('sls_ingress_%s', async (suffix, value) => {
    expect(await valueOf(`sls_ingress_${suffix}`, nginx)).toBe(value);
    const canary = { ...nginx, 'sls.ingress.route': 'default-canary-80' };
    expect(await valueOf(`sls_ingress_${suffix}`, canary)).toBe(value);
    const composed = { ...names, 'sls.ingress.service': 'nginx', 'sls.ingress.port': '80' };
    expect(await valueOf(`sls_ingress_${suffix}`, composed)).toBe(value);
  });

  it.each(perRoute)('sls_alb_ingress_%s', async (suffix, value) => {
    expect(await valueOf(`sls_alb_ingress_${suffix}`, alb)).toBe(value);
  });

  it.each([
    ['upstream_latency_avg', '130'],
    ['upstream_latency_p50', '100'],
    ['upstream_latency_p99', '400'],
  ])('sls_ingress_%s adds up retries and includes every upstream', async (suffix, value) => {
    expect(await valueOf(`sls_ingress_${suffix}`, nginx)).toBe(value);
  });

  it('sls_alb_ingress_upstream_latency_avg reads a column that is indexed as a number', async () => {
    expect(await valueOf('sls_alb_ingress_upstream_latency_avg', alb)).toBe('250');
  });

  it.each([
    ['reads times with an exponent', 'default-quick-80', '500m'],
    ['is 0 if no request reached an upstream', 'default-redirects-80', '0'],
  ])('sls_ingress_upstream_latency_p50 %s', async (_, route, value) => {
    const labels = { ...names, 'sls.logstore': busyLogstore, 'sls.ingress.route': route };
    expect(await valueOf('sls_ingress_upstream_latency_p50', labels)).toBe(value);
  });

  it.each([
    ['latency_avg', '5000500m'],
    ['latency_p50', '5k'],
    ['latency_p95', '9500'],
    ['latency_p99', '9900'],
    ['latency_p9999', '9999'],
    ['upstream_latency_p50', '6k'],
    ['upstream_latency_p95', '10500'],
    ['upstream_latency_p99', '10900'],
  ])('sls_ingress_%s of ten thousand requests is the value of exactly that rank', async (suffix, value) => {
    const busy = { ...nginx, 'sls.logstore': busyLogstore, 'sls.ingress.route': 'default-busy-80' };
    expect(await valueOf(`sls_ingress_${suffix}`, busy)).toBe(value);
  });

  it.each([
    ['qps', {}, '4'],
    ['concurrency', {}, '420m'],
    ['latency_avg', {}, '105'],
    ['status_qps', { 'sls.ingress.status': '5xx' }, '400m'],
    ['requests', { 'sls.ingress.method': 'POST' }, '15'],
    ['latency_p50', { 'sls.ingress.host': 'b.example.com', 'sls.ingress.status': '502' }, '200'],
  ])('sls_ingress_%s of the whole logstore with the filter %j', async (suffix, filters, value) => {
    expect(await valueOf(`sls_ingress_${suffix}`, { ...names, ...filters })).toBe(value);
  });

  it.each([
    ['status_qps', { 'sls.ingress.status': '200' }, '1200m'],
    ['status_qps', { 'sls.ingress.status': '4xx' }, '0'],
    ['requests', { 'sls.ingress.method': 'POST' }, '5'],
    ['inflow', { 'sls.ingress.host': 'a.example.com' }, '200'],
  ])('sls_alb_ingress_%s with the filter %j', async (suffix, filters, value) => {
    expect(await valueOf(`sls_alb_ingress_${suffix}`, { ...alb, ...filters })).toBe(value);
  });

  it.each([
    ['qps', 'sls.ingress.status in (200,502)', '4'],
    ['requests', 'sls.ingress.status notin (200,4xx)', '6'],
    ['requests', 'sls.ingress.status!=5xx', '54'],
    ['status_qps', 'sls.ingress.status notin (2xx)', '400m'],
    ['requests', 'sls.ingress.method in (POST,PUT)', '15'],
    ['requests', 'sls.ingress.method!=POST,sls.ingress.status=5xx', '6'],
    ['latency_avg', 'sls.ingress.host notin (a.example.com,c.example.com)', '110'],
    ['error_ratio', 'sls.ingress.host in (a.example.com,b.example.com)', '100m'],
    ['concurrency', 'sls.ingress.host!=c.example.com', '420m'],
  ])('sls_ingress_%s of the whole logstore with the filter %s', async (suffix, filter, value) => {
    const path = readPath(`sls_ingress_${suffix}`, `${selectorOf(names)},${filter}`);
    const { body } = await adapter.request(path);
    expect(body).toMatchObject({ items: [{ value }] });
  });

  it.each([
    ['requests', 'sls.ingress.method notin (GET)', '5'],
    ['inflow', 'sls.ingress.host in (a.example.com,b.example.com)', '400'],
    ['status_qps', 'sls.ingress.status!=200', '134m'],
  ])('sls_alb_ingress_%s with the filter %s', async (suffix, filter, value) => {
    const path = readPath(`sls_alb_ingress_${suffix}`, `${selectorOf(alb)},${filter}`);
    expect((await adapter.request(path)).body).toMatchObject({ items: [{ value }] });
  });

  it.each([...perRoute.map(([suffix]) => suffix), 'upstream_latency_p95'])(
    'sls_ingress_%s is 0 without requests',
    async (suffix) => {
      expect(await valueOf(`sls_ingress_${suffix}`, { ...nginx, 'sls.ingress.route': 'a-b-80' })).toBe('0');
    },
  );

  it('gives one item for each route', async () => {
    const selector = `${selectorOf(names)},sls.ingress.route in (default-nginx-80,default-none-80)`;
    const { body } = await adapter.request(readPath('sls_ingress_latency_avg', selector));
    expect(body).toMatchObject({ items: [{ value: '105' }, { value: '0' }] });
  });

  it('fails if more than a tenth of the lines were misread, says how many, and does not fail other metrics', async () => {
    const retried = { ...nginx, 'sls.ingress.route': 'default-retried-80' };
    expectStatus(
      await adapter.request(readPath('sls_ingress_upstream_latency_avg', selectorOf(retried))),
      503,
      'LinesUnreadable',
      /^sls_ingress_upstream_latency_avg of default-retried-80: more than one in 10 log lines has no number in upstream_response_time that can be read\. Check [^\n]*$/,
    );
    expect(await valueOf('sls_ingress_latency_avg', retried)).toBe('105');
  });
});
