import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { acceptsGzip, registerMetrics } from '../../../src/api/server/metrics-route.ts';
import { createTelemetryServer } from '../../../src/api/server/telemetry-server.ts';
import { startPrometheus } from '../../support/prometheus.ts';
import { describeWithPrometheus } from '../../support/promtool.ts';
import { waitFor } from '../../support/wait-for.ts';

it.each([
  ['gzip', true],
  ['deflate, GZIP;q=0.5, br', true],
  ['br, *', true],
  ['gzip;q=0', false],
  ['*;q=0', false],
  ['*, gzip; q=0.0', false],
  ['identity;q=0, gzip', true],
  ['deflate, br, x-gzip', false],
  ['gzip;q=nonsense', false],
  ['', false],
  [undefined, false],
])('Accept-Encoding: %s accepts gzip: %s', (header, accepts) => {
  expect(acceptsGzip(header)).toBe(accepts);
});

/** An exposition of so many series with different values. */
const expositionOf = (series: number) =>
  Buffer.from(
    Array.from({ length: series }, (_, index) => `model_qps{route="route-${index}"} ${index / 7}\n`).join(''),
  );

const serving = (exposition: Buffer) =>
  createTelemetryServer((get) => registerMetrics(get, () => Promise.resolve(exposition)));

it('compresses a long exposition if the client accepts gzip', async () => {
  const exposition = expositionOf(5000);
  expect(exposition.length).toBeGreaterThan(128 * 1024);
  const server = serving(exposition);
  const plain = await server.inject('/metrics');
  const compressed = await server.inject({ url: '/metrics', headers: { 'accept-encoding': 'gzip' } });
  expect(plain.rawPayload).toEqual(exposition);
  expect(gunzipSync(compressed.rawPayload)).toEqual(exposition);
  expect(compressed.rawPayload.length).toBeLessThan(exposition.length / 4);
  expect(compressed.headers).toEqual({
    ...plain.headers,
    // The second may have changed between the two responses.
    date: expect.any(String) as string,
    'content-encoding': 'gzip',
    'content-length': String(compressed.rawPayload.length),
  });
  expect(plain.headers.vary).toBe('Accept-Encoding');
  await server.close();
});

it('does not compress a short exposition', async () => {
  const server = serving(expositionOf(100));
  const { rawPayload, headers } = await server.inject({
    url: '/metrics',
    headers: { 'accept-encoding': 'gzip' },
  });
  expect(rawPayload).toEqual(expositionOf(100));
  expect(headers).not.toHaveProperty('content-encoding');
  expect(headers).not.toHaveProperty('vary');
  await server.close();
});

describeWithPrometheus('Prometheus', () => {
  it('scrapes a compressed exposition completely', async () => {
    const server = serving(expositionOf(5000));
    const encodings: unknown[] = [];
    server.addHook('onSend', (_, reply, _payload, done) => {
      encodings.push(reply.getHeader('content-encoding'));
      done();
    });
    const { host } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const static_configs = [{ targets: [host] }];
    await using prometheus = await startPrometheus({
      scrape_configs: [{ job_name: 'adapter', scrape_interval: '1s', static_configs }],
    });
    const count = await waitFor(async () => (await prometheus.query('count(model_qps)'))[0]);
    expect([count, encodings[0]]).toEqual(['5000', 'gzip']);
    await server.close();
  });
});
