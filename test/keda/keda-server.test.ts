import { create, toBinary } from '@bufbuild/protobuf';
import { createSecureContext } from 'node:tls';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { replaceServingPair } from '../../src/api/server/server.ts';
import { ScaledObjectRefSchema } from '../../src/keda/externalscaler_pb.ts';
import { ClientCertificates } from '../../src/keda/client-certificates.ts';
import { createCa, type Ca, type PemPair } from '../support/certificates.ts';
import { KedaClient, type GrpcFailure } from '../support/keda-client.ts';
import { waitFor } from '../support/wait-for.ts';
import { refTo, scriptedScaler, serveScaler } from './keda-harness.ts';

const open = new AsyncDisposableStack();
const directory = await mkdtemp(join(tmpdir(), 'keda-'));
const caFile = join(directory, 'ca.crt');
let servers: Ca;
let clients: Ca;
let pair: PemPair;
const { reader, scaler } = scriptedScaler();
type Served = Awaited<ReturnType<typeof serveScaler>>;
let plain: Served;
let secure: Served;

beforeAll(async () => {
  [servers, clients] = [await createCa('servers'), await createCa('clients')];
  pair = await servers.issue({ cn: 'adapter', eku: 'server', sans: ['localhost'] });
  await writeFile(caFile, clients.certificate);
  plain = open.use(await serveScaler(scaler));
  secure = open.use(
    await serveScaler(scaler, { servingPair: pair, clients: new ClientCertificates(caFile, Date) }),
  );
});
afterAll(async () => {
  await open.disposeAsync();
  await rm(directory, { recursive: true });
});
afterEach(() => {
  reader.answer = [0];
});

const failureOf = async (call: Promise<unknown>): Promise<GrpcFailure> => {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) throw new Error('the call succeeded');
  return error as GrpcFailure;
};

const localhost = (url: string) => url.replace('127.0.0.1', 'localhost');

/** A client that trusts the authority, and presents a pair if it is given one. */
const clientOf = (authority: Ca, own?: PemPair): KedaClient => {
  const buffer = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  const tls = credentials.createSsl(
    buffer(authority.certificate),
    buffer(own?.key),
    buffer(own?.certificate),
  );
  return new KedaClient(localhost(secure.url), tls);
};

describe('over TLS', () => {
  it('KEDA is answered with a certificate of the CA for clients', async () => {
    using client = clientOf(servers, await clients.issue({ cn: 'keda' }));
    expect(await client.isActive(refTo())).toBe(false);
  });

  it.each<[string, () => Promise<PemPair | undefined>, RegExp]>([
    [
      'no certificate',
      () => Promise.resolve(undefined),
      /^Unauthenticated: the client presents no certificate\. Give/,
    ],
    ['one of another CA', () => servers.issue({ cn: 'keda' }), /^Unauthenticated: .* leads to no authority/],
    [
      'one for servers',
      () => clients.issue({ cn: 'keda', eku: 'server' }),
      /^Unauthenticated: .* leads to no/,
    ],
    [
      'one that has expired',
      () => clients.issue({ cn: 'keda', notAfter: new Date(Date.now() - 1_800_000) }),
      /^Unauthenticated: .* is not valid/,
    ],
    ['one without a name', () => clients.issue({}), /^Unauthenticated: .* has no common name/],
  ])('a client with %s gets UNAUTHENTICATED', async (_, issue, message) => {
    using client = clientOf(servers, await issue());
    const error = await failureOf(client.isActive(refTo()));
    expect(error.code).toBe(status.UNAUTHENTICATED);
    expect(error.details).toMatch(message);
    expect(secure.refused.at(-1)).toBe('Unauthenticated');
  });

  it('a client that trusts another CA does not connect', async () => {
    using client = clientOf(clients, await clients.issue({ cn: 'keda' }));
    const error = await failureOf(client.isActive(refTo()));
    expect(error.code).toBe(status.UNAVAILABLE);
  });

  it('a new CA for clients applies to new connections, and a damaged file to none', async () => {
    const renewed = await createCa('clients');
    const own = await renewed.issue({ cn: 'keda' });
    using before = clientOf(servers, await clients.issue({ cn: 'keda' }));
    await before.isActive(refTo());
    await writeFile(caFile, renewed.certificate);
    using after = clientOf(servers, own);
    expect(await after.isActive(refTo())).toBe(false);
    expect(await before.isActive(refTo())).toBe(false);
    await writeFile(caFile, 'no certificate');
    using other = clientOf(servers, own);
    expect((await failureOf(other.isActive(refTo()))).details).toMatch(
      /^ConfigInvalid: keda\.clientCaFile .* has no certificate/,
    );
    await writeFile(caFile, clients.certificate);
  });

  it('new connections get a renewed serving certificate, and open ones go on', async () => {
    const own = await clients.issue({ cn: 'keda' });
    using before = clientOf(servers, own);
    await before.isActive(refTo());
    const next = await createCa('next');
    const renewed = await next.issue({ cn: 'adapter', eku: 'server', sans: ['localhost'] });
    expect(() => createSecureContext({ cert: renewed.certificate, key: renewed.key })).not.toThrow();
    replaceServingPair(secure.app, renewed);
    using after = clientOf(next, own);
    expect(await after.isActive(refTo())).toBe(false);
    expect(await before.isActive(refTo())).toBe(false);
    replaceServingPair(secure.app, pair);
  });
});

const frame = (message: Buffer, flag = 0, length = message.length): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
};

/** Sends these bytes as the body of a call, and returns the status of gRPC, or how the stream ended. */
async function sendRaw(
  session: ClientHttp2Session,
  body: Buffer,
  { end = true, headers = {}, path = 'IsActive' } = {},
): Promise<string> {
  const stream = session.request(
    {
      ':method': 'POST',
      ':path': `/externalscaler.ExternalScaler/${path}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    },
    { endStream: false },
  );
  const { promise, resolve } = Promise.withResolvers<string>();
  const tell = (found: IncomingHttpHeaders) => {
    const { 'grpc-status': code, ':status': http } = found as Record<string, string | number | undefined>;
    if (code !== undefined) resolve(status[Number(code)] ?? String(code));
    else if (http !== undefined && http !== 200) resolve(`HTTP ${http}`);
  };
  stream
    .on('response', tell)
    .on('trailers', tell)
    .on('data', () => undefined);
  stream.on('error', () => undefined).on('close', () => resolve(`closed ${stream.rstCode}`));
  stream.write(body);
  if (end) stream.end();
  const found = await promise;
  stream.destroy();
  return found;
}

describe('a call that is not as it should be', () => {
  let session: ClientHttp2Session;
  beforeAll(() => {
    session = connect(plain.url);
  });
  afterAll(() => session.destroy());

  it.each<[string, Buffer, Parameters<typeof sendRaw>[2], string]>([
    [
      'a compressed message',
      frame(Buffer.from('x'), 1),
      { headers: { 'grpc-encoding': 'gzip' } },
      'UNIMPLEMENTED',
    ],
    ['a message that says to be compressed', frame(Buffer.from('x'), 1), {}, 'INTERNAL'],
    ['a message of more than 32 KiB', frame(Buffer.alloc(33_000)), {}, 'RESOURCE_EXHAUSTED'],
    ['a frame that is longer than its message', frame(Buffer.alloc(3), 0, 10), {}, 'INVALID_ARGUMENT'],
    ['a frame that announces 4 GB', frame(Buffer.alloc(3), 0, 2 ** 32 - 1), {}, 'RESOURCE_EXHAUSTED'],
    ['no message', Buffer.alloc(0), {}, 'UNIMPLEMENTED'],
    ['a message that is no protobuf', frame(Buffer.from([0xff, 0xff, 0xff])), {}, 'INTERNAL'],
    ['an unknown method', frame(Buffer.alloc(0)), { path: 'Scale' }, 'HTTP 404'],
    [
      'a deadline that cannot be read',
      frame(Buffer.alloc(0)),
      { headers: { 'grpc-timeout': 'soon' } },
      'INVALID_ARGUMENT',
    ],
    [
      'another content type',
      frame(Buffer.alloc(0)),
      { headers: { 'content-type': 'application/json' } },
      'HTTP 415',
    ],
  ])('with %s is refused', async (_, body, options, expected) => {
    expect(await sendRaw(session, body, options)).toBe(expected);
  });

  it('ends at the deadline of the client', async () => {
    reader.answer = 'never';
    const message = toBinary(
      ScaledObjectRefSchema,
      create(ScaledObjectRefSchema, refTo({}, { name: 'late' })),
    );
    const headers = { 'grpc-timeout': '20m' };
    expect(await sendRaw(session, frame(Buffer.from(message)), { headers })).toBe('DEADLINE_EXCEEDED');
  });

  it('gives its places back, however it ends', async () => {
    const half = session.request(
      {
        ':method': 'POST',
        ':path': '/externalscaler.ExternalScaler/IsActive',
        'content-type': 'application/grpc',
      },
      { endStream: false },
    );
    half.on('error', () => undefined).write(frame(Buffer.alloc(3), 0, 10));
    await waitFor(() => plain.app.admission.counts.places > 0);
    half.close(constants.NGHTTP2_CANCEL);
    await waitFor(() => plain.app.admission.counts.places === 0);
  });
});

describe('streams', () => {
  it('are counted, and given back when the client goes', async () => {
    reader.answer = [1];
    using client = new KedaClient(plain.url);
    const stream = client.stream('StreamIsActive', refTo());
    const { promise, resolve } = Promise.withResolvers<boolean>();
    stream.on('data', ({ result }: { result: boolean }) => resolve(result)).on('error', () => undefined);
    expect(await promise).toBe(true);
    expect(plain.streams()).toBe(1);
    stream.cancel();
    await waitFor(() => plain.streams() === 0);
  });

  it('count as several if their triggers name many routes', async () => {
    const own = await serveScaler(scaler);
    using client = new KedaClient(own.url);
    const routes = Array.from({ length: 1000 }, (_, n) => `shop-web-${n}`).join();
    const stream = client.stream('StreamIsActive', refTo({ 'sls.ingress.route': routes }));
    stream.on('error', () => undefined);
    await waitFor(() => own.streams() > 100);
    stream.cancel();
    await waitFor(() => own.streams() === 0 && own.app.admission.counts.places === 0);
    await own[Symbol.asyncDispose]();
  });

  it('end in order when the server stops, while a call is still answered', async () => {
    reader.answer = [1];
    const server = await serveScaler(scaler);
    using client = new KedaClient(server.url);
    const stream = client.stream('StreamIsActive', refTo());
    const first = Promise.withResolvers<undefined>();
    const ended = Promise.withResolvers<number>();
    stream.on('data', () => first.resolve(undefined)).on('error', () => undefined);
    stream.on('status', ({ code }) => ended.resolve(code));
    await first.promise;
    const closing = server[Symbol.asyncDispose]();
    expect(await ended.promise).toBe(status.OK);
    await closing;
  });
});
