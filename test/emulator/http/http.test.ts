import { inflateSync, zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'lz4-napi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../emulator/emulator.ts';
import { encodePutLogs } from '../../support/put-logs.ts';
import { apiHeaders, line, logstore, nowSeconds, project, startTestEmulator } from '../harness.ts';
import { send, type RawRequest } from '../raw-client.ts';

const range = `from=${nowSeconds - 60}&to=${nowSeconds + 1}`;
const getLogs = (query: string) =>
  `/logstores/${logstore}?type=log&${range}&query=${encodeURIComponent(query)}`;
const grouped = '* | select method, count(*) as n group by method order by n desc';

describe('HTTP API of the emulator', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startTestEmulator({}, [
      line({ method: 'GET', url: '/ü' }),
      line({ method: 'GET' }),
      line({ method: 'PUT' }),
    ]);
  });
  afterAll(() => emulator.stop());

  const rows = [
    { __source__: '', __time__: String(nowSeconds - 60), method: 'GET', n: '2' },
    { __source__: '', __time__: String(nowSeconds - 60), method: 'PUT', n: '1' },
  ];

  it('answers GetLogs with a JSON array, and metadata in headers', async () => {
    const reply = await send(emulator.url, { path: getLogs(grouped), headers: apiHeaders() });
    expect(JSON.parse(reply.body.toString())).toEqual(rows);
    expect(reply.headers).toMatchObject({
      'x-log-progress': 'Complete',
      'x-log-count': '2',
      'x-log-processed-rows': '3',
      'x-log-has-sql': 'true',
      'x-log-where-query': '*',
      'x-log-agg-query': grouped.slice(4),
      'x-log-requestid': expect.stringMatching(/^[0-9A-F]{24}$/) as string,
    });
  });

  it('answers a query with non-ASCII text', async () => {
    const reply = await send(emulator.url, { path: getLogs('url: "/ü"'), headers: apiHeaders() });
    expect(JSON.parse(reply.body.toString())).toMatchObject([{ url: '/ü' }]);
    expect(Buffer.from(String(reply.headers['x-log-where-query']), 'latin1').toString()).toBe('url: "/ü"');
  });

  it.each<[string, string | undefined, (body: Buffer, rawSize: number) => Buffer]>([
    [
      'lz4',
      'lz4',
      (body, rawSize) => {
        const size = Buffer.alloc(4);
        size.writeUInt32LE(rawSize);
        return uncompressSync(Buffer.concat([size, body]));
      },
    ],
    ['gzip', 'gzip', (body) => inflateSync(body)],
    ['deflate', 'deflate', (body) => inflateSync(body)],
    ['zstd, lz4', 'zstd', (body) => zstdDecompressSync(body)],
    ['br, lz4;q=0.5', 'lz4', (body) => body],
    ['br', undefined, (body) => body],
    ['', undefined, (body) => body],
  ])('compresses GetLogsV2 for Accept-Encoding: %s as %s', async (accepted, type, unpack) => {
    const { headers, ...request } = v2(
      JSON.stringify({ from: nowSeconds - 60, to: nowSeconds + 1, query: grouped }),
    );
    const accepting = { ...headers, ...(accepted !== '' && { 'accept-encoding': accepted }) };
    const reply = await send(emulator.url, { ...request, headers: accepting });
    expect(reply.headers['x-log-compresstype']).toBe(type);
    if (accepted.startsWith('br, ')) return;
    const rawSize = Number(reply.headers['x-log-bodyrawsize']);
    const raw = unpack(reply.body, rawSize);
    expect(raw).toHaveLength(rawSize);
    expect(JSON.parse(raw.toString())).toMatchObject({ data: rows });
  });

  it.each(['gzip', 'gzip, deflate', 'lz4', 'zstd'])(
    'does not compress GetLogs for Accept-Encoding: %s, since Go and Python would not decompress it',
    async (accepted) => {
      const headers = { ...apiHeaders(), 'accept-encoding': accepted };
      const reply = await send(emulator.url, { path: getLogs(grouped), headers });
      expect(reply.headers).not.toHaveProperty('x-log-compresstype');
      expect(reply.headers).not.toHaveProperty('content-encoding');
      expect(JSON.parse(reply.body.toString())).toEqual(rows);
    },
  );

  const v2 = (body: string, headers: Record<string, string> = {}): RawRequest => ({
    method: 'POST',
    path: `/logstores/${logstore}/logs`,
    headers: { ...apiHeaders(body), ...headers },
    body,
  });
  const without = (name: string) =>
    Object.fromEntries(Object.entries(apiHeaders('{}')).filter(([header]) => header !== name));
  const at = (from: unknown, to: unknown) => v2(JSON.stringify({ from, to, query: '*' }));

  it.each<[string, RawRequest, string]>([
    ['no API version', { path: getLogs('*'), headers: without('x-log-apiversion') }, '400 MissingAPIVersion'],
    [
      'another API version',
      { path: getLogs('*'), headers: { ...apiHeaders(), 'x-log-apiversion': '0.4.0' } },
      '400 InvalidAPIVersion',
    ],
    ['no raw size', { ...v2('{}'), headers: without('x-log-bodyrawsize') }, '400 MissingBodyRawSize'],
    ['a raw size that is not a number', v2('{}', { 'x-log-bodyrawsize': 'x' }), '400 InvalidBodyRawSize'],
    ['no content type', { ...v2('{}'), headers: without('content-type') }, '400 MissingContentType'],
    ['another content type', v2('{}', { 'content-type': 'text/plain' }), '415 InvalidContentType'],
    ['another project', { path: getLogs('*'), headers: apiHeaders('', 'other') }, '404 ProjectNotExist'],
    [
      'another logstore',
      { path: `/logstores/other?type=log&${range}`, headers: apiHeaders() },
      '404 LogStoreNotExist',
    ],
    ['another path', { path: '/shards', headers: apiHeaders() }, '404 InvalidPath'],
    [
      'another method',
      { method: 'PATCH', path: `/logstores/${logstore}`, headers: apiHeaders() },
      '405 MethodNotSupported',
    ],
    [
      'another type',
      { path: getLogs('*').replace('log&', 'cursor&'), headers: apiHeaders() },
      '400 ParameterInvalid',
    ],
    ['a body that is not JSON', v2('{"from":'), '400 PostBodyInvalid'],
    ['a body that is not an object', v2('[]'), '400 PostBodyInvalid'],
    ['a query that is not text', v2(JSON.stringify({ from: 1, to: 2, query: 3 })), '400 ParameterInvalid'],
    ['no time range', v2('{}'), '400 ParameterInvalid'],
    ['a time range that is not a number', at('x', 2), '400 ParameterInvalid'],
    ['an empty time range', at(5, 5), '400 InvalidTimeRange'],
    ['a time range whose end is before its start', at(6, 5), '400 InvalidTimeRange'],
    ['a body over 10 MB', v2('x'.repeat(10 * 1024 * 1024 + 1)), '400 PostBodyTooLarge'],
    [
      'a PutLogs body that is not a log group',
      {
        method: 'POST',
        path: `/logstores/${logstore}`,
        headers: { ...apiHeaders('{{'), 'content-type': 'application/x-protobuf' },
        body: '{{',
      },
      '400 PostBodyInvalid',
    ],
    [
      'a PutLogs body of another type',
      { ...v2('{}'), path: `/logstores/${logstore}` },
      '415 InvalidContentType',
    ],
  ])('refuses %s', async (_name, request, outcome) => {
    const reply = await send(emulator.url, request);
    const { errorCode, errorMessage } = JSON.parse(reply.body.toString()) as Record<string, string>;
    expect(`${reply.status} ${errorCode ?? ''}`).toBe(outcome);
    expect(errorMessage).not.toBe('');
    expect(reply.headers['x-log-requestid']).toBeDefined();
  });

  const project_ = (sql: string): RawRequest => ({
    path: `/logs?query=${encodeURIComponent(sql)}`,
    headers: apiHeaders(),
  });
  const json = (method: string, path: string, value: object): RawRequest => {
    const body = JSON.stringify(value);
    return { method, path, headers: apiHeaders(body), body };
  };
  const put = (timeSeconds: number, changes: Record<string, string> = {}): RawRequest => {
    const { body, headers } = encodePutLogs([{ timeSeconds, fields: { method: 'GET' } }], {
      compressType: 'lz4',
    });
    const all = { ...apiHeaders(body), ...headers, ...changes };
    return { method: 'POST', path: `/logstores/${logstore}/shards/lb`, headers: all, body };
  };
  const day = 24 * 3600;

  it.each<[string, RawRequest, string, string]>([
    ['lines over a week old', put(nowSeconds - 8 * day), '400 PostBodyInvalid', 'time is out of range'],
    ['lines of the future', put(nowSeconds + 16 * 60), '400 PostBodyInvalid', 'time is out of range'],
    [
      'lines that are not compressed as said',
      put(nowSeconds, { 'x-log-compresstype': 'zstd' }),
      '400 PostBodyUncompressError',
      'zstd',
    ],
    [
      'a negative start of the range',
      v2(JSON.stringify({ from: -1, to: 2 })),
      '400 ParameterInvalid',
      'The parameter from must be a positive integer',
    ],
    ['SQL over a project without FROM', project_('select 1'), '400 ParameterInvalid', 'after FROM'],
    [
      'SQL over a project without a time range',
      project_(`select count(*) from "${logstore}"`),
      '400 ParameterInvalid',
      '__time__',
    ],
    [
      'a search over a project',
      project_(`* | select count(*) from "${logstore}" where __time__ > 1`),
      '400 ParameterInvalid',
      'only select statement',
    ],
    [
      'a logstore whose name has capitals',
      json('POST', '/logstores', { logstoreName: 'Own', ttl: 1, shardCount: 1 }),
      '400 LogStoreInfoInvalid',
      'logstore name Own is invalid',
    ],
    [
      'a logstore without shards',
      json('POST', '/logstores', { logstoreName: 'own', ttl: 1 }),
      '400 ParameterInvalid',
      'shardCount',
    ],
    [
      'a second index',
      json('POST', `/logstores/${logstore}/index`, { keys: { a: { type: 'long' } } }),
      '400 IndexAlreadyExist',
      'already created',
    ],
  ])('refuses %s', async (_name, request, outcome, message) => {
    const reply = await send(emulator.url, request);
    const { errorCode, errorMessage } = JSON.parse(reply.body.toString()) as Record<string, string>;
    expect(`${reply.status} ${errorCode ?? ''}`).toBe(outcome);
    expect(errorMessage).toContain(message);
  });

  it('takes lines of the last week and the next quarter of an hour', async () => {
    for (const time of [nowSeconds - 7 * day + 1, nowSeconds + 15 * 60]) {
      const reply = await send(emulator.url, put(time));
      expect(reply).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    }
  });

  it('sends the time of its own clock as Date, also with an error', async () => {
    const date = 'Fri, 22 Jul 2022 03:30:00 GMT';
    const { headers } = await send(emulator.url, { path: getLogs('*'), headers: apiHeaders() });
    expect(headers).toMatchObject({ date, 'x-log-progress': 'Complete' });
    const refused = await send(emulator.url, { path: '/shards', headers: apiHeaders() });
    expect(refused.headers.date).toBe(date);
  });

  it('takes the project from the first label of the host', async () => {
    for (const host of [project, `${project}:8088`, `${project}.cn-hangzhou.log.aliyuncs.com:443`]) {
      const reply = await send(emulator.url, { path: getLogs('*'), headers: { ...apiHeaders(), host } });
      expect(reply.status).toBe(200);
    }
  });
});
