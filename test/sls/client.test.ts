import { deflateSync, zstdCompressSync } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { AdapterError } from '../../src/errors.ts';
import type { LogQuery } from '../../src/sls/client.ts';
import { fixedCredentials } from '../support/fixed-credentials.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { startRawSls } from './raw-sls.ts';
import { accessKey, alive, createClient, logstore, project, startSls } from './sls-client.ts';

const toSeconds = Math.floor(Date.now() / 1000) - 10;
const queryTo = (url: string, changes: Partial<LogQuery> = {}): LogQuery => ({
  endpoint: parseEndpointUrl(url),
  project,
  logstore,
  fromSeconds: toSeconds - 15,
  toSeconds,
  query: '* | SELECT count(*) AS requests FROM log LIMIT 1',
  ...changes,
});

/** The body of a good reply, with changes. */
const reply = (changes: { meta?: object; data?: unknown } = {}) => ({
  meta: { progress: 'Complete', count: 1, processedRows: 7, ...changes.meta },
  data: 'data' in changes ? changes.data : [{ requests: '7' }],
});

let sls: Emulator;
beforeAll(async () => {
  sls = await startSls();
  await sls
    .sink(project, logstore)
    .append(Array.from({ length: 7 }, () => ({ timeSeconds: toSeconds - 1, fields: { status: '200' } })));
});
afterEach(() => sls.setFaults({}));
afterAll(() => sls.stop());

describe('a query to SLS', () => {
  it('is signed so that SLS accepts it, with the security token, and is reported to the observer once', async () => {
    const { client, events } = createClient();
    const result = await client.query(queryTo(sls.url), alive());
    expect(result).toMatchObject({
      rows: [{ requests: '7' }],
      columnTypes: new Map([['requests', 'bigint']]),
      processedRows: 7,
    });
    expect(result.requestId).toMatch(/^\w{10,}$/);
    expect(events).toEqual([
      {
        project,
        logstore,
        outcome: 'ok',
        durationMs: expect.any(Number) as unknown,
        processedRows: 7,
        processedBytes: 2800,
        slsRequestId: result.requestId,
        readIds: [],
      },
    ]);
    expect(events[0]?.durationMs).toBeGreaterThan(0);
    client.close();
  });

  it.each<[string, Partial<typeof accessKey>]>([
    ['secret', { secret: 'other-secret' }],
    ['key', { id: 'other-id' }],
    ['token', { securityToken: 'other-token' }],
  ])(
    'with a wrong %s fails with the request ID, and without it or the secret in the message',
    async (_, changes) => {
      const { id, secret, securityToken } = { ...accessKey, ...changes };
      const credentials = fixedCredentials({ accessKeyId: id, accessKeySecret: secret, securityToken });
      const { client, events } = createClient({}, credentials);
      const error: unknown = await client.query(queryTo(sls.url), alive()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'CredentialsRefused',
        what: expect.stringMatching(/^SLS, project k8s-log-test: /) as unknown,
        slsRequestId: expect.stringMatching(/^\w{10,}$/) as unknown,
      });
      for (const hidden of [secret, securityToken]) expect(String(error)).not.toContain(hidden);
      expect(events).toMatchObject([{ outcome: 'CredentialsRefused' }]);
      client.close();
    },
  );

  it('asks for the current credentials each time', async () => {
    let asked = 0;
    const { id, secret, securityToken } = accessKey;
    const current = () => {
      asked++;
      if (asked === 2) return Promise.reject(new AdapterError('CredentialsMissing', 'none now'));
      return Promise.resolve({ accessKeyId: id, accessKeySecret: secret, securityToken });
    };
    const { client, events } = createClient({}, { current });
    await client.query(queryTo(sls.url), alive());
    await expect(client.query(queryTo(sls.url), alive())).rejects.toMatchObject({
      code: 'CredentialsMissing',
    });
    await client.query(queryTo(sls.url), alive());
    expect(events.map(({ outcome }) => outcome)).toEqual(['ok', 'CredentialsMissing', 'ok']);
    client.close();
  });

  it('reports a canceled query to the observer once, as Canceled', async () => {
    sls.setFaults({ hang: true });
    const { client, events } = createClient();
    const controller = new AbortController();
    const querying = client.query(queryTo(sls.url), controller.signal);
    setImmediate(() => controller.abort());
    await expect(querying).rejects.toMatchObject({ code: 'Canceled' });
    expect(events.map(({ outcome }) => outcome)).toEqual(['Canceled']);
    client.close();
  });

  it('fails if SLS returns only a part of the result', async () => {
    sls.setFaults({ incomplete: true });
    const { client, events } = createClient();
    await expect(client.query(queryTo(sls.url), alive())).rejects.toMatchObject({
      code: 'SlsIncomplete',
      what: expect.stringMatching(/logstore nginx-ingress: the result is incomplete$/) as unknown,
    });
    expect(events.map(({ outcome }) => outcome)).toEqual(['SlsIncomplete']);
    client.close();
  });
});

describe('the server time of a result', () => {
  const timeOf = async (date: string | undefined) => {
    await using raw = await startRawSls((_, response) => {
      response.sendDate = false;
      if (date !== undefined) response.setHeader('date', date);
      response.end(JSON.stringify(reply()));
    });
    const { client } = createClient();
    const { serverTimeMs } = await client.query(queryTo(raw.url), alive());
    client.close();
    return serverTimeMs;
  };

  it('is the Date of the reply', async () => {
    expect(await timeOf('Fri, 22 Jul 2022 03:30:07 GMT')).toBe(Date.UTC(2022, 6, 22, 3, 30, 7));
  });

  it('is undefined if the reply has no valid Date', async () => {
    expect(await timeOf(undefined)).toBeUndefined();
    expect(await timeOf('7')).toBeUndefined();
  });
});

describe('the Host header of a query', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', 'sls.localhost'],
    ['::1', '[::1]'],
  ])('names the project to a server on %s that is addressed as %s', async (listens, name) => {
    await using raw = await startRawSls((_, response) => response.end(JSON.stringify(reply())), listens);
    const { client } = createClient();
    await client.query(queryTo(`http://${name}:${raw.port}`), alive());
    expect(raw.requests).toMatchObject([
      { url: `/logstores/${logstore}/logs`, headers: { host: `${project}.${name}:${raw.port}` } },
    ]);
    client.close();
  });

  it('names each project over one shared connection', async () => {
    await using raw = await startRawSls((_, response) => response.end(JSON.stringify(reply())));
    const { client } = createClient();
    for (const name of ['p1', 'p2', 'p1']) await client.query(queryTo(raw.url, { project: name }), alive());
    expect(raw.requests.map(({ headers }) => headers.host?.split('.')[0])).toEqual(['p1', 'p2', 'p1']);
    expect(raw.connections).toHaveLength(1);
    client.close();
  });
});

it('connects to {project}.{endpoint} unless the endpoint is local', async () => {
  await using raw = await startRawSls((_, response) => response.end(JSON.stringify(reply())));
  // 127.0.0.1, written as project 127 at 0.0.1, is the only such name that resolves to loopback everywhere.
  const authority = `0.0.1:${raw.port}`;
  const endpoint = {
    ...({ protocol: 'http', authority, hostname: '0.0.1', port: raw.port } as const),
    url: `http://${authority}`,
    connectByProject: true,
  };
  const { client } = createClient();
  await client.query(queryTo(raw.url, { endpoint, project: '127' }), alive());
  expect(raw.requests).toMatchObject([{ headers: { host: `127.${authority}` } }]);
  client.close();
});

/** Returns the rows of a reply, or the code of its error. */
async function resultOf(body: string | Buffer, headers: Record<string, string> = {}, status = 200) {
  await using raw = await startRawSls((_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-log-requestid': 'R1', ...headers })
      .end(body),
  );
  const { client, events } = createClient();
  const result = await client.query(queryTo(raw.url), alive()).then(
    ({ rows }) => rows,
    (error: unknown) => (error instanceof AdapterError ? error.code : error),
  );
  client.close();
  expect(events).toHaveLength(1);
  return result;
}

describe('a reply of SLS', () => {
  const text = JSON.stringify(reply());
  const packed = (type: string, body: Buffer, size = Buffer.byteLength(text)) =>
    resultOf(body, { 'x-log-compresstype': type, 'x-log-bodyrawsize': String(size) });
  const lz4 = compressSync(Buffer.from(text)).subarray(4);

  it('is read uncompressed, as lz4, or as gzip (which SLS uses for deflate)', async () => {
    const rows = [{ requests: '7' }];
    expect(await resultOf(text)).toEqual(rows);
    expect(await packed('lz4', lz4)).toEqual(rows);
    expect(await packed('gzip', deflateSync(text))).toEqual(rows);
  });

  it.each<[string, string, Buffer, number | undefined]>([
    ['zstd, which the SDK did not ask for', 'zstd', zstdCompressSync(text), undefined],
    ['lz4 of another length', 'lz4', lz4, text.length - 1],
    ['lz4 of a greater length', 'lz4', lz4, text.length + 1],
    ['truncated lz4', 'lz4', lz4.subarray(0, 40), undefined],
    ['labelled lz4 but plain text', 'lz4', Buffer.from(text), undefined],
    ['truncated gzip', 'gzip', deflateSync(text).subarray(0, 40), undefined],
  ])('is invalid if it is %s', async (_, type, body, size) => {
    expect(await packed(type, body, size)).toBe('SlsReplyInvalid');
  });

  it.each([2 ** 26 + 1, 3e9, 1e11])('is not unpacked if it announces %i bytes', async (size) => {
    for (const type of ['lz4', 'gzip']) expect(await packed(type, lz4, size)).toBe('SlsResultTooLarge');
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list, as the older GetLogs returns it', [{ requests: '7' }]],
    ['a string', 'ok'],
    ['no meta', { data: [{ requests: '7' }] }],
    ['meta null', { meta: null, data: [] }],
    ['no progress', reply({ meta: { progress: undefined } })],
    ['another progress', reply({ meta: { progress: 'Running' } })],
    ['progress in lower case', reply({ meta: { progress: 'complete' } })],
    ['progress true', reply({ meta: { progress: true } })],
    ['no data', reply({ data: undefined })],
    ['data null', reply({ data: null })],
    ['data that is not a list', reply({ data: { 0: { requests: '7' } } })],
    ['a row that is not a map', reply({ data: ['7'] })],
    ['a row that is null', reply({ data: [null] })],
    ['a value that is a number', reply({ data: [{ requests: 7 }] })],
    ['a value that is null', reply({ data: [{ requests: null }] })],
    ['fewer rows than it says', reply({ data: [] })],
    ['more rows than it says', reply({ meta: { count: 0 } })],
    ['an error in 200', { errorCode: 'InternalServerError', errorMessage: 'oops' }],
  ])('is invalid with %s', async (_, body) => {
    expect(await resultOf(JSON.stringify(body))).toBe('SlsReplyInvalid');
  });

  it.each([
    ['empty', ''],
    ['an HTML page', '<html></html>'],
    ['truncated JSON', text.slice(0, -1)],
    ['JSON with more text after it', `${text}x`],
  ])('is invalid if it is %s', async (_, body) => {
    expect(await resultOf(body)).toBe('SlsReplyInvalid');
  });

  it.each<[number, string, string]>([
    [204, '', 'SlsReplyInvalid'],
    [302, '', 'SlsReplyInvalid'],
    [502, '<html>Bad Gateway</html>', 'SlsUnavailable'],
    [500, 'null', 'SlsUnavailable'],
    [500, '"text"', 'SlsUnavailable'],
    [500, '{"errorCode":7,"errorMessage":{}}', 'SlsUnavailable'],
    [500, '{"errorCode":"constructor","errorMessage":"x"}', 'SlsUnavailable'],
    [404, '<html>Not Found</html>', 'SlsReplyInvalid'],
    [404, '{"errorCode":"LogStoreNotExist","errorMessage":"gone"}', 'LogstoreNotFound'],
  ])('with status %i and body %s is %s', async (status, body, code) => {
    expect(await resultOf(body, {}, status)).toBe(code);
  });
});
