import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import {
  accessKey,
  basePath,
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
const delaySeconds = 10;

let emulator: Emulator;
let adapter: TestAdapter;
beforeAll(async () => {
  emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, clock });
  // Lines come in single windows, with nothing in between.
  const file = 'reading: { silence: { holdSeconds: 0 } }';
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, file);
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

const route = 'default-a-80';
const selector = selectorOf({ 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': route });
const path = readPath('sls_ingress_qps', selector);

/** Logs so many requests in each second of the current window. */
async function log(perSecond: number): Promise<void> {
  const endSeconds = clock.nowSeconds - delaySeconds;
  const lines = Array.from({ length: 15 * perSecond }, (_, index) => ({
    timeSeconds: endSeconds - 1 - Math.floor(index / perSecond),
    fields: { status: '200', proxy_upstream_name: route, proxy_alternative_upstream_name: '' },
  }));
  await emulator.sink(project, logstore).append(lines);
}

const values = ({ body }: { readonly body: unknown }) =>
  (body as { items: { value: string }[] }).items.map(({ value }) => value);

describe('a repeated read', () => {
  // Later than all lines and samples of earlier tests.
  beforeEach(() => clock.advance(60_000));

  it('gets a new reading when the last one is no longer fresh', async () => {
    await log(4);
    const replies = [await adapter.request(path), await adapter.request(path)];
    expect(replies.map(values)).toEqual([['4'], ['4']]);
    expect(replies[1]?.text).toBe(replies[0]?.text);
    clock.advance(60_000);
    await log(7);
    expect(values(await adapter.request(path))).toEqual(['7']);
  });

  it('gets the same reading for equivalent selectors, and another one if a letter differs', async () => {
    await log(4);
    const { text } = await adapter.request(path);
    const reversed = selector.split(',').reverse().join(',');
    for (const written of [selector.replaceAll('=', ' == '), reversed])
      expect((await adapter.request(readPath('sls_ingress_qps', written))).text).toBe(text);
    const plus = path.replaceAll('%2C', '%2C+').replaceAll('%3D', '%3d');
    expect((await adapter.request(plus)).text).toBe(text);
    expect(values(await adapter.request(path.replace('default-a-80', 'default-b-80')))).toEqual(['0']);
  });

  it('gets the representation that it asks for', async () => {
    const types = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
    for (const accept of [...types, ...types]) {
      const { headers } = await adapter.request(path, { headers: { accept } });
      expect(headers['content-type']).toBe(accept);
    }
    expect((await adapter.request(`${path}&pretty=true`)).text).toContain('\n  "kind"');
    expect((await adapter.request(path, { headers: { 'user-agent': 'curl/8' } })).text).toContain(
      '\n  "kind"',
    );
    expect((await adapter.request(path)).text).not.toContain('\n  "kind"');
  });

  it('is refused each time for its own fault', async () => {
    await adapter.request(path);
    for (let time = 0; time < 2; time += 1) {
      expectStatus(await adapter.request(`${path}&watch=true`), 405, 'MethodUnsupported', /watched/);
      expectStatus(
        await adapter.request(`${path}&labelSelector=a`),
        400,
        'ParameterInvalid',
        /more than once/,
      );
      expectStatus(await adapter.request(readPath('no_metric', selector)), 404, 'MetricUnknown', /no_metric/);
      const accept = { headers: { accept: 'text/html' } };
      expectStatus(await adapter.request(path, accept), 406, 'NotAcceptable', /media types/);
      expectStatus(await adapter.request(path, { method: 'POST' }), 405, 'MethodUnsupported', /POST/);
      const without = `${basePath}/namespaces/default/sls_ingress_qps`;
      expectStatus(await adapter.request(without), 400, 'LabelMissing', /sls\.project/);
      expect((await adapter.request(path)).statusCode).toBe(200);
    }
  });
});
