import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendBytes } from '../../../src/api/read/representation.ts';
import { registerMetrics } from '../../../src/api/server/metrics-route.ts';
import { createTelemetryServer } from '../../../src/api/server/telemetry-server.ts';
import { closeOf } from '../../support/raw-exchange.ts';
import { waitFor } from '../../support/wait-for.ts';

const long = Buffer.alloc(8 * 1024 * 1024, 'x');
let app: ReturnType<typeof createTelemetryServer>;
let url: string;
beforeEach(async () => {
  app = createTelemetryServer((get) => {
    registerMetrics(get, () => Promise.resolve(Buffer.from('up 1\n')));
    get('/long', (_, reply) => sendBytes(reply, 'text/plain', long));
    get('/open', (_, reply) => reply.hijack());
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => app.close());

async function ask(path: string, { localAddress = '127.0.0.1', ...headers }: Record<string, string> = {}) {
  const request = http.get(url + path, { agent: false, localAddress, headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { code: response.statusCode, response: response.on('error', () => undefined) };
}

it('refuses requests whose Host is a public domain name, those for /metrics too', async () => {
  for (const path of ['/metrics', '/nowhere'])
    expect([path, (await ask(path, { host: 'rebind.example.com' })).code]).toEqual([path, 403]);
  for (const host of ['10.0.0.1:8080', 'sls-metrics-adapter.kube-system.svc', 'localhost'])
    expect((await ask('/metrics', { host })).code).toBe(200);
});

describe('an address that keeps its answers unread', () => {
  it('takes no place of other addresses', async () => {
    const held = await Promise.all(Array.from({ length: 50 }, () => ask('/long')));
    expect(new Set(held.map(({ code }) => code))).toEqual(new Set([200, 429]));
    expect((await ask('/metrics')).code).toBe(429);
    expect((await ask('/metrics', { localAddress: '127.0.0.2' })).code).toBe(200);
    for (const { response } of held) response.destroy();
    await waitFor(async () => (await ask('/metrics')).code === 200);
  });
});

it('answers a body without an end, and closes the connection', async () => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  let reply = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (reply += chunk));
  socket.write('POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n');
  const body = setInterval(() => socket.write('3e8\r\n' + 'x'.repeat(1000) + '\r\n'), 5);
  await closeOf(socket);
  clearInterval(body);
  expect(reply).toMatch(/^HTTP\/1\.1 404 /);
});
