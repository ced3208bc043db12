import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/api/server/app.ts';
import type { AuthenticationConfig } from '../../../src/kube/authentication-config.ts';
import type { MetricReading } from '../../../src/api/read/reading-body.ts';
import type { Server } from '../../../src/api/server/server.ts';
import { keepServingPair } from '../../../src/api/server/serving-pair.ts';
import { createRequestParser } from '../../../src/access/request-parser.ts';
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
/** What the router has answered. */
let routed: string[];
let reviewed: string[];
let told: object[];
/** What the store has; undefined: nothing fresh. */
let stored: MetricReading | undefined;
/** Whether a read waits for SLS. */
let isWaiting: boolean;
/** Ends it. */
let answerWaiting: (reading: MetricReading) => void;
let close: () => Promise<unknown>;

const readingOf = (value: number): MetricReading => ({
  source: 'fresh',
  items: [
    {
      labels: { 'sls.ingress.route': 'default-bert-8501' },
      sample: { value, window: { startSeconds: clock.nowSeconds - 25, endSeconds: clock.nowSeconds - 10 } },
    },
  ],
});

beforeEach(async () => {
  const requestHeader = {
    caPem: proxyCa.certificate,
    allowedNames: ['front-proxy-client'],
    usernameHeaders: ['X-Remote-User'],
    groupHeaders: ['X-Remote-Group'],
    extraHeaderPrefixes: [],
    uidHeaders: [],
  };
  trust = { requestHeader };
  [routed, reviewed, told, isWaiting] = [[], [], [], false];
  stored = readingOf(23.5);
  const waiting = Promise.withResolvers<MetricReading>();
  answerWaiting = waiting.resolve;
  const directory = await mkdtemp(join(tmpdir(), 'shortcut-'));
  app = createApp({
    servingPair: await keepServingPair(directory, ['127.0.0.1'], Date),
    catalog: builtIn,
    read: {
      reader: { fresh: () => stored, read: () => ((isWaiting = true), waiting.promise) },
      parseRequest: createRequestParser(builtIn, {}, () => undefined),
      observer: {
        readFinished: ({ read: { namespace, metric, selector }, ...event }) =>
          told.push({ namespace, metric, selector, ...event }),
      },
      clock,
    },
    access: {
      trust: () => trust,
      reviewToken: () => Promise.resolve(undefined),
      reviewAccess: ({ name }) => {
        reviewed.push(name);
        return Promise.resolve({ allowed: name === 'alice' });
      },
      clock,
    },
    maxInFlight: 1,
    readiness: [],
    exposition: () => Promise.resolve(Buffer.alloc(0)),
    observer: { requestRefused: () => undefined },
  });
  await rm(directory, { recursive: true });
  app.addHook('onSend', (request, _reply, _payload, done) => {
    routed.push(request.url);
    done();
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  let closing: Promise<unknown> | undefined;
  close = () => (closing ??= app.close());
});
afterEach(() => close());

const known = () => ({ url, pair, headers: { 'x-remote-user': 'alice' } });
const open = (protocol: Protocol) => openKept(protocol, known());

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('a read that came before, over %s', (protocol) => {
  it('is answered ahead of the router, as the router would', async () => {
    const { ask } = await open(protocol);
    for (const accept of ['application/json', 'application/vnd.kubernetes.protobuf, */*']) {
      for (const agent of ['curl/8', 'kube-controller-manager/v1.36']) {
        const headers = { accept, 'user-agent': agent };
        clock.advance(1000);
        routed = [];
        const first = await ask(path, headers);
        expect(routed).toEqual([path]);
        const second = await ask(path, headers);
        expect(routed).toEqual([path]);
        expect(second).toEqual(first);
        expect(first.status).toBe(200);
        expect(first.body).toContain('23500m');
      }
    }
  });

  it('has the reading of now', async () => {
    const { ask } = await open(protocol);
    await ask(path);
    stored = readingOf(7);
    expect((await ask(path)).body).toContain('"value":"7"');
    expect(routed).toHaveLength(1);
  });

  it.each([
    ['as written by the HPA', path],
    ['with escapes and a slash at the end', path.replace('default', 'd%65fault').replace('?', '/?pretty=0&')],
  ])('is told of as any other, %s', async (_how, asked) => {
    const { ask } = await open(protocol);
    for (let time = 0; time < 2; time++) await ask(asked);
    expect(routed).toHaveLength(1);
    const durationMs = expect.any(Number) as number;
    const event = {
      namespace: 'default',
      metric: 'sls_ingress_qps',
      selector: `sls.project=${project},sls.logstore=${logstore}`,
      requestId: undefined,
      error: undefined,
      source: 'fresh',
      ageMs: 10_000,
      durationMs,
    };
    expect(told).toEqual([event, event]);
  });

  it.each([
    ['of another user', 403, (ask: KeptConnection['ask']) => ask(path, { 'x-remote-user': 'bob' })],
    ['with another method', 405, (ask: KeptConnection['ask']) => ask(path, {}, 'POST')],
    ['in what is not served', 406, (ask: KeptConnection['ask']) => ask(path, { accept: 'text/html' })],
    ['of another selector', 404, (ask: KeptConnection['ask']) => ask(path.replace('_qps', '_none'))],
  ])('goes to the router when it comes %s', async (_what, status, again) => {
    const { ask } = await open(protocol);
    await ask(path);
    const reply = await again(ask);
    expect([reply.status, routed.length]).toEqual([status, 2]);
    // And is as good as before.
    expect([(await ask(path)).status, routed.length]).toEqual([200, 2]);
  });

  it('goes to the router once whoever asks was let in a second ago', async () => {
    const { ask } = await open(protocol);
    await ask(path);
    clock.advance(999);
    await ask(path);
    expect([routed.length, reviewed.length]).toEqual([1, 1]);
    clock.advance(1);
    await ask(path);
    expect([routed.length, reviewed.length]).toEqual([2, 2]);
  });

  it('goes to the router once the front proxy is no longer trusted', async () => {
    const { ask } = await open(protocol);
    await ask(path);
    trust = {};
    expect([(await ask(path)).status, routed.length]).toEqual([401, 2]);
  });

  it('goes to the router where nothing is fresh, and where too many requests are under way', async () => {
    const [waiting, other] = [await open(protocol), await open(protocol)];
    await waiting.ask(path);
    const fresh = stored;
    stored = undefined;
    const asked = waiting.ask(path);
    await waitFor(() => isWaiting);
    stored = fresh;
    expect([(await other.ask(path)).status, routed.length]).toEqual([429, 2]);
    answerWaiting(readingOf(1));
    expect((await asked).body).toContain('"value":"1"');
    await waitFor(async () => (await other.ask(path)).status === 200);
  });
});

describe('a read that came before, over HTTP/1.1', () => {
  it('is refused by the router without a Host header', async () => {
    const client = await openKeptHttp1(known());
    await client.ask(path);
    client.socket.write(`GET ${path} HTTP/1.1\r\nx-remote-user: alice\r\n\r\n`);
    const [text] = (await once(client.socket, 'data')) as [string];
    expect(text).toMatch(/^HTTP\/1.1 400 .*Host/s);
  });

  it('ends its connection while the server closes, by the router', async () => {
    const { ask } = await openKeptHttp1(known());
    expect((await ask(path)).headers['connection']).toBe('keep-alive');
    const fresh = stored;
    stored = undefined;
    const waiting = ask(path);
    await waitFor(() => isWaiting);
    stored = fresh;
    const closed = close();
    await waitFor(() => !app.server.listening);
    answerWaiting(readingOf(1));
    expect((await waiting).status).toBe(200);
    const { status, headers } = await ask(path);
    expect([status, headers['connection']]).toEqual([200, 'close']);
    await closed;
  });
});
