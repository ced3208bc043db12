import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { encodePutLogs } from '../../support/put-logs.ts';
import { GoStyleClient, type GoStyleOptions } from './go-style-client.ts';

const project = 'k8s-log-c1';
const logstore = 'nginx-ingress';
const accessKey = { id: 'go-id', secret: 'go-secret' };
const from = Math.floor(Date.now() / 1000) - 60;
const to = from + 120;

describe('a client that signs as the Go SDK does', () => {
  let emulator: Emulator;
  let client: GoStyleClient;

  const clientWith = (accessKeyId: string, accessKeySecret: string, more: Partial<GoStyleOptions> = {}) =>
    new GoStyleClient({ url: emulator.url, project, accessKeyId, accessKeySecret, ...more });

  beforeAll(async () => {
    emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey });
    client = clientWith(accessKey.id, accessKey.secret);
    for (const compressType of ['lz4', 'zstd', undefined] as const) {
      const records = ['200', '502'].map((status) => ({
        timeSeconds: from + 10,
        fields: { status, url: '/a b?c=d' },
      }));
      const options = { topic: 'nginx', source: '10.0.0.1', ...(compressType && { compressType }) };
      const { body, headers } = encodePutLogs(records, options);
      const reply =
        compressType === 'zstd'
          ? await client.send('POST', `/logstores/${logstore}/shards/route`, {
              parameters: new URLSearchParams({ key: '0'.repeat(32) }),
              headers,
              body,
            })
          : await client.putLogs(logstore, body, headers);
      expect(reply).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
      expect(reply.headers).not.toHaveProperty('content-type');
    }
  });
  afterAll(() => emulator.stop());

  it('reads its own lines with GetLogs', async () => {
    const query =
      "* | select status, count(*) as n, avg(status) as a from log where url = '/a b?c=d' group by status order by n, status";
    const reply = await client.getLogs(logstore, { from, to, query });
    expect(JSON.parse(reply.body.toString())).toMatchObject([
      { status: '200', n: '3', a: '200.0' },
      { status: '502', n: '3', a: '502.0' },
    ]);
    expect(reply.headers).toMatchObject({
      'x-log-progress': 'Complete',
      'x-log-has-sql': 'true',
      'x-log-count': '2',
    });
  });

  it('finds its lines by search, with their topic and source', async () => {
    const reply = await client.getLogs(logstore, { from, to, query: 'status: 502 and __topic__: nginx' });
    const lines = JSON.parse(reply.body.toString()) as unknown[];
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({
      status: '502',
      __topic__: 'nginx',
      __source__: '10.0.0.1',
      __time__: String(from + 10),
    });
  });

  it('is accepted with the word SLS in its signature, as with LOG', async () => {
    const other = clientWith(accessKey.id, accessKey.secret, { authorizationWord: 'SLS' });
    expect((await other.getLogs(logstore, { from, to, query: '*' })).status).toBe(200);
  });

  it.each([
    ['another secret', 'go-id', 'wrong', 401, 'SignatureNotMatch'],
    ['another key', 'other', 'go-secret', 401, 'Unauthorized'],
  ])('is refused with %s', async (_name, id, secret, status, errorCode) => {
    const reply = await clientWith(id, secret).getLogs(logstore, { from, to, query: '*' });
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ errorCode });
  });

  it('gets an error for a body that cannot be decompressed', async () => {
    const { body, headers } = encodePutLogs([{ timeSeconds: from, fields: { a: 'b' } }], {
      compressType: 'lz4',
    });
    const reply = await client.putLogs(logstore, body, { ...headers, 'x-log-bodyrawsize': '3' });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ errorCode: 'PostBodyUncompressError' });
  });
});
