import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRequestParser } from '../../../src/access/access-check.ts';
import { createApp } from '../../../src/api/server/app.ts';
import type { Server } from '../../../src/api/server/server.ts';
import { keepServingPair } from '../../../src/api/server/serving-pair.ts';
import type { AuthenticationConfig } from '../../../src/kube/authentication-config.ts';
import type { MetricRequest } from '../../../src/metric/metric-request.ts';
import type { Reading } from '../../../src/reading/reader.ts';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { builtIn } from '../../support/catalog.ts';
import { createCa, type Ca, type PemPair } from '../../support/certificates.ts';
import {
  openKept,
  openKeptHttp1,
  type KeptConnection,
  type Protocol,
} from '../../support/kept-connection.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { requestHeaderOf } from '../../support/request-header.ts';

const path = readPath('sls_ingress_qps', selectorOf({ 'sls.project': project, 'sls.logstore': logstore }));

let proxyCa: Ca;
let pair: PemPair;
beforeAll(async () => {
  proxyCa = await createCa('proxy');
  pair = await proxyCa.issue({ cn: 'front-proxy-client' });
});

const clock = new TestClock();
let trust: AuthenticationConfig;
let app: Server;
let url: string;
let requests: MetricRequest[];
let reviewed: string[];
let events: object[];
/** The result of every read. */
let read: () => Promise<Reading>;
let close: () => Promise<unknown>;

const readingOf = (value: number): Reading => ({
  source: 'fresh',
  items: [
    {
      labels: { 'sls.ingress.route': 'default-bert-8501' },
      sample: { value, window: { startSeconds: clock.nowSeconds - 25, endSeconds: clock.nowSeconds - 10 } },
    },
  ],
});

beforeEach(async () => {
  const requestHeader = requestHeaderOf(proxyCa.certificate);
  trust = { requestHeader };
  [requests, reviewed, events] = [[], [], []];
  read = () => Promise.resolve(readingOf(23.5));
  const directory = await mkdtemp(join(tmpdir(), 'reads-'));
  app = createApp({
    servingPair: await keepServingPair(directory, ['127.0.0.1'], Date),
    catalog: builtIn,
    read: {
      reader: { read: (request) => (requests.push(request), read()), fresh: () => undefined },
      parseRequest: createRequestParser(builtIn, {}, () => undefined),
      observer: { readFinished: (event) => events.push(event) },
      clock,
    },
    access: {
      authenticationConfig: {
        get current() {
          return trust;
        },
      },
      tokenReviewer: { reviewToken: () => Promise.resolve(undefined) },
      accessReviewer: {
        keptAnswer: () => undefined,
        reviewAccess: ({ name }) => {
          reviewed.push(name);
          return Promise.resolve({ allowed: name === 'alice' });
        },
      },
      clock,
      monotonicMs: clock.monotonicMs,
    },
    limits: { maxRequests: 1, maxConnections: 16 },
    readiness: [],
    exposition: () => Promise.resolve(Buffer.alloc(0)),
    observer: {
      requestRefused: () => undefined,
      connectionEvicted: () => undefined,
      filesExhausted: () => undefined,
    },
  });
  await rm(directory, { recursive: true });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  let closing: Promise<unknown> | undefined;
  close = () => (closing ??= app.close());
});
afterEach(() => close());

const known = () => ({ url, pair, headers: { 'x-remote-user': 'alice' } });
const open = (protocol: Protocol) => openKept(protocol, known());

/** Makes reads wait for the returned function. */
function holdReads(): (reading: Reading) => void {
  const held = Promise.withResolvers<Reading>();
  read = () => held.promise;
  return held.resolve;
}

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('a repeated read over %s', (protocol) => {
  it('gets the same response each time, in each representation', async () => {
    const { ask } = await open(protocol);
    for (const accept of ['application/json', 'application/vnd.kubernetes.protobuf, */*']) {
      for (const agent of ['curl/8', 'kube-controller-manager/v1.36']) {
        const headers = { accept, 'user-agent': agent };
        const first = await ask(path, headers);
        expect(await ask(path, headers)).toEqual(first);
        expect(first.status).toBe(200);
        expect(first.body).toContain('23500m');
      }
    }
  });

  it('gets the current reading', async () => {
    const { ask } = await open(protocol);
    await ask(path);
    read = () => Promise.resolve(readingOf(7));
    expect((await ask(path)).body).toContain('"value":"7"');
  });

  it('is parsed once: the reader gets the same object', async () => {
    const { ask } = await open(protocol);
    for (const asked of [path, path, path.replace('namespaces/default', 'namespaces/other')])
      expect((await ask(asked)).status).toBe(200);
    expect(requests[1]).toBe(requests[0]);
    expect(requests[2]).not.toBe(requests[0]);
    expect(requests[2]).toEqual(requests[0]);
  });

  it.each([
    ['as written by the HPA', path],
    ['with escapes and a trailing slash', path.replace('default', 'd%65fault').replace('?', '/?pretty=0&')],
  ])('reports every read to the observer, %s', async (_how, asked) => {
    const { ask } = await open(protocol);
    for (const id of ['first', 'second']) await ask(asked, { 'x-request-id': id });
    const event = {
      read: {
        namespace: 'default',
        metric: 'sls_ingress_qps',
        selector: `sls.project=${project},sls.logstore=${logstore}`,
      },
      user: expect.any(String) as string,
      error: undefined,
      source: 'fresh',
      ageMs: 10_000,
      durationMs: expect.any(Number) as number,
    };
    expect(events).toEqual([
      { ...event, requestId: 'first' },
      { ...event, requestId: 'second' },
    ]);
  });

  it.each([
    ['of another user', 403, (ask: KeptConnection['ask']) => ask(path, { 'x-remote-user': 'bob' })],
    ['with another method', 405, (ask: KeptConnection['ask']) => ask(path, {}, 'POST')],
    ['in a media type that is not served', 406, (ask: KeptConnection['ask']) => ask(path, { accept: 'a/b' })],
    ['of an unknown metric', 404, (ask: KeptConnection['ask']) => ask(path.replace('_qps', '_none'))],
  ])('is refused %s, and succeeds as before afterwards', async (_what, status, again) => {
    const { ask } = await open(protocol);
    await ask(path);
    expect((await again(ask)).status).toBe(status);
    expect((await ask(path)).status).toBe(200);
  });

  it('is authorized each time', async () => {
    const { ask } = await open(protocol);
    for (let time = 0; time < 3; time++) await ask(path);
    expect(reviewed).toEqual(['alice', 'alice', 'alice']);
  });

  it('is refused once the front proxy is no longer trusted', async () => {
    const { ask } = await open(protocol);
    await ask(path);
    trust = {};
    expect((await ask(path)).status).toBe(401);
  });

  it('is refused while too many requests are in flight', async () => {
    const [waiting, other] = [await open(protocol), await open(protocol)];
    const answer = holdReads();
    const held = waiting.ask(path);
    await waitFor(() => requests.length === 1);
    expect((await other.ask(path)).status).toBe(429);
    answer(readingOf(1));
    expect((await held).body).toContain('"value":"1"');
    await waitFor(async () => (await other.ask(path)).status === 200);
  });
});

describe('a repeated read over HTTP/1.1', () => {
  it('is refused without a Host header', async () => {
    const client = await openKeptHttp1(known());
    await client.ask(path);
    client.socket.write(`GET ${path} HTTP/1.1\r\nx-remote-user: alice\r\n\r\n`);
    const [text] = (await once(client.socket, 'data')) as [string];
    expect(text).toMatch(/^HTTP\/1\.1 400 .*Host/s);
  });

  it('is answered while the server closes, and ends its connection', async () => {
    const { ask } = await openKeptHttp1(known());
    expect((await ask(path)).headers['connection']).toBe('keep-alive');
    const answer = holdReads();
    const held = ask(path);
    await waitFor(() => requests.length === 2);
    const closed = close();
    await waitFor(() => !app.server.listening);
    answer(readingOf(1));
    expect((await held).status).toBe(200);
    const { status, headers } = await ask(path);
    expect([status, headers['connection']]).toEqual([200, 'close']);
    await closed;
  });
});
