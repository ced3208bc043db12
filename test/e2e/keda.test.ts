import { status } from '@grpc/grpc-js';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { parseQuantity } from '../../src/grammar/quantity.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  selectorOf,
  startAdapter,
  type TestAdapter,
} from '../support/adapter.ts';
import { KedaClient, readAsKeda, type GrpcFailure, type ScaledObjectRef } from '../support/keda-client.ts';
import { readMetricsApi } from '../support/keda-metrics-api.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
let emulator: Emulator;
let adapter: TestAdapter;
let client: KedaClient;
let ca: string;

const file = `
reading: { freshnessSeconds: 0, maxStaleSeconds: 0, refreshesIn15Seconds: 0 }
access: { ownRoutesOnly: true }
`;

beforeAll(async () => {
  emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, clock });
  adapter = await startAdapter({ slsEndpoint: emulator.url, kedaPort: '0' }, { clock }, file);
  client = new KedaClient(adapter.kedaUrl ?? '');
  ca = await readFile(adapter.certificateFile, 'utf8');
});
afterAll(async () => {
  client[Symbol.dispose]();
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});
beforeEach(() => {
  emulator.setFaults({});
  clock.advance(30_000);
});

const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.query.max_retry': '0' };

const refTo = (metadata: Readonly<Record<string, string>>, namespace = 'shop'): ScaledObjectRef => ({
  name: 'web',
  namespace,
  scalerMetadata: { scalerAddress: 'adapter:6444', target: '10', ...labels, ...metadata },
});

/** Appends so many lines of 0.12 s to the window of a read now. */
const log = (route: string, lines: number) =>
  emulator.sink(project, logstore).append(
    Array.from({ length: lines }, () => ({
      timeSeconds: clock.nowSeconds - 11,
      fields: { proxy_upstream_name: route, status: '200', request_time: '0.120' },
    })),
  );

/** Returns the value of the only item of the API, or its message. */
async function ofApi(metric: string, selector: Readonly<Record<string, string>>): Promise<number | string> {
  const { body } = await adapter.request(readPath(metric, selectorOf(selector), 'shop'));
  const { items, message } = body as { items?: readonly { value: string }[]; message?: string };
  return items === undefined ? (message ?? '') : parseQuantity(items[0]?.value ?? '');
}

/** Returns the value that KEDA reads, or the text of the error with its code at the end, as the API has it. */
const ofKeda = (metadata: Readonly<Record<string, string>>): Promise<number | string> =>
  readAsKeda(client, refTo(metadata)).then(
    ({ value }) => value,
    (error: unknown) => (error as GrpcFailure).details.replace(/^(\w+): (.*)$/s, '$2 ($1)'),
  );

describe('KEDA reads what an HPA reads', () => {
  it.each([
    'sls_ingress_qps',
    'sls_ingress_concurrency',
    'sls_ingress_latency_avg',
    'sls_ingress_qps_forecast',
  ])('of %s', async (metric) => {
    await log('shop-web-80', 4);
    const one = { ...labels, 'sls.ingress.route': 'shop-web-80' };
    const read = await ofKeda({ metric, 'sls.ingress.route': 'shop-web-80' });
    expect(read).toBe(await ofApi(metric, one));
    if (!metric.endsWith('_forecast')) expect(read).toBeGreaterThan(0);
  });

  it('by metrics-api, over our own path', async () => {
    await log('shop-web-80', 4);
    const selector = selectorOf({ ...labels, 'sls.ingress.route': 'shop-web-80' });
    const read = (namespace: string) =>
      readMetricsApi(`${adapter.url}${readPath('sls_ingress_qps', selector, namespace)}`, 'items.0.value', {
        ca,
      });
    expect(await read('shop')).toBe(0.267);
    await expect(read('team')).rejects.toThrow('api returned 403');
    emulator.setFaults({ status: 500, errorCode: 'InternalServerError', errorMessage: 'no' });
    clock.advance(30_000);
    await expect(read('shop')).rejects.toThrow('api returned 503');
  });
});

it('KEDA gets several routes as one value', async () => {
  await log('shop-web-80', 4);
  await log('shop-api-80', 3);
  // 0.2666… and 0.2, each rounded up.
  expect(await ofKeda({ 'sls.ingress.route': 'shop-web-80,shop-api-80' })).toBe(0.467);
});

it('KEDA gets the error of SLS, and no 0', async () => {
  emulator.setFaults({ status: 500, errorCode: 'InternalServerError', errorMessage: 'no' });
  const error = await readAsKeda(client, refTo({ 'sls.ingress.route': 'shop-web-80' })).catch(
    (thrown: unknown) => thrown as GrpcFailure,
  );
  expect(error).toMatchObject({ code: status.UNAVAILABLE });
  expect((error as GrpcFailure).details).toMatch(
    /^SlsUnavailable: SLS, project .*InternalServerError.*the network path/,
  );
});

it('KEDA is refused the routes of other namespaces', async () => {
  const ref = refTo({ 'sls.ingress.route': 'shop-web-80' }, 'team');
  for (const call of [client.getMetricSpec(ref), client.isActive(ref), client.getMetrics(ref, 'x')]) {
    const error = await call.catch((thrown: unknown) => thrown as GrpcFailure);
    expect(error).toMatchObject({ code: status.PERMISSION_DENIED });
    expect((error as GrpcFailure).details).toMatch(
      /^AccessDenied: .*namespace "team" may read routes team-SERVICE-PORT/,
    );
  }
});

it('GetMetricSpec queries nothing', async () => {
  const before = emulator.stats().queries;
  await client.getMetricSpec(refTo({ 'sls.ingress.route': 'shop-other-80' }));
  expect(emulator.stats().queries).toBe(before);
});

it('reads of KEDA are logged and counted as such', async () => {
  await ofKeda({ 'sls.ingress.route': 'shop-web-80' });
  const line = adapter.logLines.findLast(({ msg }) => msg === 'A reading was served');
  expect(line).toMatchObject({
    client: 'keda',
    namespace: 'shop',
    metric: 'sls_ingress_qps',
  });
  const { text } = await adapter.request('/metrics');
  expect(text).toMatch(/^sls_metrics_adapter_reads_total\{.*client="keda"\} \d+$/m);
  expect(text).toContain('sls_metrics_adapter_keda_streams 0\n');
});
