import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { accessKey, logstore, project, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { KedaClient, readAsKeda, type ScaledObjectRef } from '../support/keda-client.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const route = 'shop-web-80';
let emulator: Emulator;
let adapter: TestAdapter;
let client: KedaClient;

/** No request is due; each read after 10 s queries SLS. */
beforeAll(async () => {
  emulator = await startEmulator({
    listenHost: '127.0.0.1',
    listenPort: 0,
    logstores: [{ project, logstore }],
    accessKey,
    clock,
  });
  const file = 'reading: { freshnessSeconds: 0, maxStaleSeconds: 0 }';
  adapter = await startAdapter({ slsEndpoint: emulator.url, kedaPort: '0' }, { clock }, file);
  client = new KedaClient(adapter.kedaUrl ?? '');
});
afterAll(async () => {
  client[Symbol.dispose]();
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});
beforeEach(() => {
  emulator.setFaults({});
  clock.advance(60_000);
});

const refTo = (metadata: Readonly<Record<string, string>>, name = 'web'): ScaledObjectRef => ({
  name,
  namespace: 'shop',
  scalerMetadata: {
    scalerAddress: 'sls-metrics-adapter.sls-metrics-adapter.svc:6444',
    'sls.project': project,
    'sls.logstore': logstore,
    'sls.ingress.route': route,
    target: '10',
    ...metadata,
  },
});

/** Appends lines to the window of a read now. */
const log = (lines: number, fields: Readonly<Record<string, string>> = {}) =>
  emulator.sink(project, logstore).append(
    Array.from({ length: lines }, () => ({
      timeSeconds: clock.nowSeconds - 11,
      fields: { proxy_upstream_name: route, status: '200', ...fields },
    })),
  );

describe('KEDA reads', () => {
  it('3 lines as 0.2', async () => {
    await log(3);
    expect(await readAsKeda(client, refTo({}))).toEqual({ value: 0.2, isActive: true });
  });
});
