import { once } from 'node:events';
import http2 from 'node:http2';
import type { Server as HttpServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createServer, type Server } from '../../../src/api/server/server.ts';
import { keepServingPair } from '../../../src/api/server/serving-pair.ts';
import { startEmulator } from '../../../emulator/emulator.ts';
import { accessKey, logstore, project, readPath, selectorOf, startAdapter } from '../../support/adapter.ts';
import { holdConnection } from '../../support/held-connection.ts';
import { exchangeRaw, openRaw } from '../../support/raw-exchange.ts';
import { waitFor } from '../../support/wait-for.ts';

const read = readPath('sls_ingress_qps', selectorOf({ 'sls.project': project, 'sls.logstore': logstore }));
const textOf = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

const startSls = () => startEmulator({ logstores: [{ project, logstore }], accessKey });

describe('requests whose connection is closed', () => {
  it.each(['pipelined HTTP/1.1', 'HTTP/2'])('release their in-flight slots: %s', async (protocol) => {
    const sls = await startSls();
    await using adapter = await startAdapter(
      { slsEndpoint: sls.url },
      {},
      'server: { maxRequestsInFlight: 4 }',
    );
    sls.setFaults({ latencyMs: 1000 });
    const isFull = async () => (await adapter.request('/apis')).statusCode === 429;
    if (protocol === 'HTTP/2') {
      const session = http2.connect(adapter.url, { rejectUnauthorized: false });
      for (let sent = 0; sent < 4; sent++) session.request({ ':path': read }).on('error', () => undefined);
      await waitFor(isFull);
      session.destroy();
    } else {
      const socket = await openRaw(adapter.url);
      socket.write(textOf(read).repeat(4));
      await waitFor(isFull);
      socket.destroy();
    }
    // All four slots are free again.
    const other = readPath(
      'sls_ingress_qps',
      selectorOf({ 'sls.project': project, 'sls.logstore': 'other' }),
    );
    await waitFor(async () => {
      const replies = await Promise.all(Array.from({ length: 4 }, () => adapter.request(other)));
      return replies.every(({ statusCode }) => statusCode !== 429);
    });
    await sls.stop();
  });
});

describe('a session of HTTP/2', () => {
  it('may have more streams once its user is known, since many users share that of the aggregator', async () => {
    await using adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' });
    const session = http2.connect(adapter.url, { rejectUnauthorized: false });
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.maxConcurrentStreams).toBe(250);
    session.request({ ':path': '/apis' }).resume();
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.maxConcurrentStreams).toBe(4000);
    session.destroy();
  });
});

describe('an HTTP/2 response whose stream the client resets with NO_ERROR', () => {
  it('keeps neither its connection open nor the server from closing', async () => {
    const app = await createBareServer();
    const closed: string[] = [];
    // Larger than the flow-control window of a client that does not read.
    app.get('/long', (_, reply) => {
      reply.raw.on('close', () => closed.push('response'));
      return reply.send(Buffer.alloc(300_000));
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const session = http2.connect(url, { rejectUnauthorized: false });
    session.on('close', () => closed.push('session'));
    const stream = session.request({ ':path': '/long' });
    await once(stream, 'response');
    stream.close(http2.constants.NGHTTP2_NO_ERROR);
    await waitFor(() => closed.length > 0);
    expect(closed).toEqual(['response']);
    session.destroy();
    await waitFor(async () => (await openConnections(app.server)) === 0);
    await app.close();
  });
});

/** Half of the time for which the server waits for responses that are pending. */
const waitedMs = 15_000;

describe('closing the server', () => {
  it('does not wait for an HTTP/2 client that never hangs up', async () => {
    const app = await createBareServer();
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const halfOpen = connect({ port: Number(new URL(url).port), allowHalfOpen: true });
    const socket = tls.connect({ socket: halfOpen, ALPNProtocols: ['h2'], rejectUnauthorized: false });
    socket.on('error', () => undefined).resume();
    const ended = once(socket, 'end');
    const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), emptySettings]));
    await once(socket, 'data');
    const beganMs = performance.now();
    const stopped = app.close();
    await ended;
    expect(socket.destroyed).toBe(false);
    await stopped;
    expect(performance.now() - beganMs).toBeLessThan(waitedMs);
    socket.destroy();
  });

  it('waits for a slow response that is pending', async () => {
    const app = await createBareServer();
    const answered = Promise.withResolvers<string>();
    let asked = 0;
    app.get('/slow', () => ((asked += 1), answered.promise));
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    // The connection has had a response before, and another one is pending.
    const reply = exchangeRaw(url, textOf('/none') + textOf('/slow'));
    await waitFor(() => asked === 1);
    const idleClosed = once(await openRaw(url), 'close');
    const stopped = app.close();
    await idleClosed;
    answered.resolve('at last');
    expect(await reply).toMatch(/^HTTP\/1.1 404 .*HTTP\/1.1 200 .*at last$/s);
    await stopped;
  });

  it('does not wait for connections without a complete request, even after a response', async () => {
    const adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' });
    await openRaw(adapter.url);
    const answered = await openRaw(adapter.url);
    answered.write(textOf('/livez'));
    await once(answered, 'data');
    answered.write('GET /apis HTT');
    (await openRaw(adapter.url)).write('GET /apis HTT');
    const session = http2.connect(adapter.url, { rejectUnauthorized: false });
    await once(session, 'connect');
    const beganMs = performance.now();
    await adapter[Symbol.asyncDispose]();
    expect(performance.now() - beganMs).toBeLessThan(waitedMs);
  });

  it.each(['http/1.1', 'h2'])(
    'does not wait for a %s client whose handshake ends during the close',
    async (protocol) => {
      const adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' });
      await using held = await holdConnection(adapter.url);
      const { port } = new URL(held.url);
      const socket = tls.connect({
        port: Number(port),
        ALPNProtocols: [protocol],
        rejectUnauthorized: false,
      });
      socket.on('error', () => undefined);
      const connected = once(socket, 'secureConnect');
      await held.answered;
      const beganMs = performance.now();
      const stopped = adapter[Symbol.asyncDispose]();
      await waitFor(() => isRefused(adapter.url));
      held.release();
      await connected;
      if (protocol === 'h2') http2.connect(adapter.url, { createConnection: () => socket });
      await stopped;
      expect(performance.now() - beganMs).toBeLessThan(waitedMs);
    },
  );
});

async function createBareServer(): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), 'server-'));
  const app = createServer(await keepServingPair(directory, ['127.0.0.1'], Date));
  await rm(directory, { recursive: true });
  return app;
}

async function openConnections(server: HttpServer): Promise<number> {
  return await promisify(server.getConnections.bind(server))();
}

async function isRefused(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

describe('a request that never completes', () => {
  it('is ended after 15 s without all headers and after 30 s in total', async () => {
    const app = await createBareServer();
    const server = app.server as HttpServer & { connectionsCheckingInterval: number };
    expect([server.headersTimeout, server.requestTimeout]).toEqual([15_000, 30_000]);
    // Shorter, for the test.
    server.headersTimeout = 200;
    server.connectionsCheckingInterval = 50;
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const reply = await exchangeRaw(url, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    expect(reply).toMatch(/^HTTP\/1\.1 4\d\d .*"kind":"Status".*imeout/s);
    await app.close();
  });
});
