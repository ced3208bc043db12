import { getEventListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { keepServingPair } from '../../src/api/server/serving-pair.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import {
  parseDateHeader,
  Transport,
  type TransportRequest,
  type TransportSettings,
} from '../../src/sls/transport.ts';
import { expectWithin, watchStalls } from '../support/own-time.ts';
import { waitFor } from '../support/wait-for.ts';
import { startRawSls, startSilentSls } from './raw-sls.ts';

const opened: Transport[] = [];
afterEach(() => {
  for (const transport of opened.splice(0)) transport.close();
});

function newTransport(settings: Partial<TransportSettings> = {}): Transport {
  const transport = new Transport({ connectTimeoutMs: 60_000, readTimeoutMs: 60_000, ...settings });
  opened.push(transport);
  return transport;
}

const request = (url: string, changes: Partial<TransportRequest> = {}): TransportRequest => ({
  endpoint: parseEndpointUrl(url),
  project: 'p1',
  method: 'POST',
  path: '/logstores/l1/logs?a=b%20c',
  headers: { host: 'p1.example', 'x-log-apiversion': '0.6.0' },
  body: Buffer.from('{"from":1}'),
  signal: new AbortController().signal,
  ...changes,
});

describe('a request of the transport', () => {
  it('sends method, path, headers and body unchanged, and returns status, headers and body unchanged', async () => {
    await using sls = await startRawSls((_, response) =>
      response.writeHead(418, { 'x-a': 'b' }).end('the body'),
    );
    const reply = await newTransport().send(request(sls.url));
    expect(reply).toMatchObject({ statusCode: 418, headers: { 'x-a': 'b' }, body: Buffer.from('the body') });
    expect(sls.requests).toMatchObject([
      {
        method: 'POST',
        url: '/logstores/l1/logs?a=b%20c',
        headers: { host: 'p1.example', 'x-log-apiversion': '0.6.0', 'content-length': '10' },
        body: '{"from":1}',
      },
    ]);
  });

  it('reuses the connection of an earlier request; simultaneous requests have one each', async () => {
    await using sls = await startRawSls((_, response) => response.end('ok'));
    const transport = newTransport();
    for (let n = 0; n < 5; n++) await transport.send(request(sls.url));
    expect(sls.connections).toHaveLength(1);
    await Promise.all(Array.from({ length: 3 }, () => transport.send(request(sls.url))));
    expect(sls.connections).toHaveLength(3);
    transport.close();
    await sls.allClosed();
  });

  it('leaves no listener on a signal that outlives hundreds of requests', async () => {
    await using sls = await startRawSls((_, response) => response.end('ok'));
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    const transport = newTransport();
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 30 }, () => transport.send(request(sls.url, { signal }))));
    }
    process.off('warning', note);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(sls.requests).toHaveLength(300);
  });
});

describe('a time-out of the transport', () => {
  it('for connecting includes the TLS handshake, and closes the socket', async () => {
    await using sls = await startSilentSls();
    const url = `https://127.0.0.1:${sls.port}`;
    await expect(newTransport({ connectTimeoutMs: 30 }).send(request(url))).rejects.toMatchObject({
      code: 'SlsTimeout',
      what: `SLS at 127.0.0.1:${sls.port} did not accept a connection within 30 ms`,
    });
    await sls.allClosed();
  });

  it('for connecting stops once there is a connection', async () => {
    await using sls = await startRawSls((_, response) => void setTimeout(() => response.end('ok'), 500));
    const stallMs = watchStalls();
    const [outcome] = await Promise.allSettled([
      newTransport({ connectTimeoutMs: 400 }).send(request(sls.url)),
    ]);
    // After such a stall it sees its connection too late.
    expectWithin(stallMs(), 200, 'the process got no processor');
    expect(outcome).toMatchObject({ status: 'fulfilled', value: { statusCode: 200 } });
  });

  it.each<[string, string]>([
    ['before the first', ''],
    ['in the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['in the middle of the body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"meta":'],
  ])('for the reply counts to its last byte: %s', async (_, said) => {
    await using sls = await startSilentSls((socket) => socket.once('data', () => socket.write(said)));
    await expect(newTransport({ readTimeoutMs: 60 }).send(request(sls.url))).rejects.toMatchObject({
      code: 'SlsTimeout',
      what: `SLS at 127.0.0.1:${sls.port} did not answer within 60 ms`,
    });
    await sls.allClosed();
  });

  it('for the reply is not extended by bytes that trickle in', async () => {
    await using sls = await startRawSls((_, response) => {
      const trickle = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(trickle));
    });
    await expect(newTransport({ readTimeoutMs: 80 }).send(request(sls.url))).rejects.toMatchObject({
      code: 'SlsTimeout',
    });
    await sls.allClosed();
  });
});

describe('canceling a request of the transport', () => {
  it.each<[string, 'http' | 'https', string | undefined]>([
    ['during the TLS handshake', 'https', undefined],
    ['before the first byte', 'http', ''],
    ['in the middle of the body', 'http', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"meta":'],
  ])('closes the socket: %s', async (_, protocol, said) => {
    const heard = Promise.withResolvers<undefined>();
    await using sls = await startSilentSls((socket) =>
      socket.once('data', () => {
        if (said !== undefined) socket.write(said);
        heard.resolve(undefined);
      }),
    );
    const controller = new AbortController();
    const url = `${protocol}://127.0.0.1:${sls.port}`;
    const sending = newTransport().send(request(url, { signal: controller.signal }));
    await heard.promise;
    controller.abort('left');
    await expect(sending).rejects.toMatchObject({ code: 'Canceled', cause: 'left' });
    await sls.allClosed();
  });

  it('beforehand opens no connection', async () => {
    await using sls = await startSilentSls();
    await expect(
      newTransport().send(request(sls.url, { signal: AbortSignal.abort() })),
    ).rejects.toMatchObject({
      code: 'Canceled',
    });
    expect(sls.connections).toEqual([]);
  });
});

describe('a broken reply', () => {
  it.each<[string, string]>([
    ['a body cut short', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"meta":'],
    ['chunks without their end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"met\r\n'],
    ['headers cut short', 'HTTP/1.1 200 OK\r\ncontent-'],
    ['nothing', ''],
    ['another protocol', '220 mail.example.com ESMTP\r\n'],
  ])('is reported as unreachable: %s', async (_, said) => {
    await using sls = await startSilentSls((socket) => socket.once('data', () => socket.end(said)));
    await expect(newTransport().send(request(sls.url))).rejects.toMatchObject({
      code: 'SlsUnavailable',
      what: expect.stringContaining(`SLS at 127.0.0.1:${sls.port} cannot be reached: `) as unknown,
    });
  });

  it('from a server that is down contains the error code of the system', async () => {
    const sls = await startSilentSls();
    await sls[Symbol.asyncDispose]();
    await expect(newTransport().send(request(sls.url))).rejects.toMatchObject({
      code: 'SlsUnavailable',
      what: expect.stringContaining('ECONNREFUSED') as unknown,
    });
  });

  it('is cut off if its body never ends', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    await using sls = await startRawSls((_, response) => {
      const pump = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pump);
      pump();
    });
    await expect(newTransport().send(request(sls.url))).rejects.toMatchObject({ code: 'SlsReplyInvalid' });
    await sls.allClosed();
  });
});

describe('the transport over TLS', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'verifies the certificate against %s, whatever the Host header is',
    async (host) => {
      const directory = await mkdtemp(join(tmpdir(), 'transport-'));
      const { certificate, key } = await keepServingPair(directory, [host], { now: () => Date.now() });
      await rm(directory, { recursive: true });
      const server = createServer({ cert: certificate, key }, (_, response) => response.end('ok')).listen(
        0,
        '127.0.0.1',
      );
      const trusted = getCACertificates('default');
      try {
        await waitFor(() => server.listening);
        const { port } = server.address() as AddressInfo;
        const refused = newTransport().send(request(`https://${host}:${port}`));
        await expect(refused).rejects.toMatchObject({ code: 'SlsUnavailable' });
        setDefaultCACertificates([...trusted, certificate]);
        const reply = await newTransport().send(request(`https://${host}:${port}`));
        expect(reply.body.toString()).toBe('ok');
      } finally {
        setDefaultCACertificates(trusted);
        server.closeAllConnections();
        server.close();
      }
    },
  );
});

describe('parseDateHeader', () => {
  it.each<[string | undefined, number | undefined]>([
    ['Sun, 06 Nov 1994 08:49:37 GMT', 784_111_777_000],
    [undefined, undefined],
    ['', undefined],
    ['7', undefined],
    ['784111777', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['Sun, 06 Nov 1994 08:49:37 +0800', undefined],
    ['Sun, 06 Nov 1994 25:49:37 GMT', undefined],
    ['Sun, 06 Foo 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT', undefined],
  ])('parses %j as %s', (text, ms) => {
    expect(parseDateHeader(text)).toBe(ms);
  });
});
