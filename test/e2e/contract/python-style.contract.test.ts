import { uncompressSync } from 'lz4-napi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { encodePutLogs } from '../../support/put-logs.ts';
import { PythonStyleClient, type PythonStyleReply } from './python-style-client.ts';

const project = 'k8s-log-c1';
const logstore = 'nginx-ingress';
const accessKey = { id: 'python-id', secret: 'python-secret' };
const from = Math.floor(Date.now() / 1000) - 60;
const to = from + 120;
const json = ({ body }: PythonStyleReply): unknown => JSON.parse(body.toString());

describe.each(['v1', 'v4'] as const)('a client that sends as the Python SDK does, signing %s', (auth) => {
  let emulator: Emulator;
  let client: PythonStyleClient;

  beforeAll(async () => {
    emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey });
    const { id: accessKeyId, secret: accessKeySecret } = accessKey;
    client = new PythonStyleClient({ url: emulator.url, project, accessKeyId, accessKeySecret, auth });
    const records = [{ timeSeconds: from + 10, fields: { status: '200', url: '/a b?c=d&e=ü' } }];
    const { body, headers } = encodePutLogs(records, { topic: 'python', compressType: 'lz4' });
    const given = {
      'Content-Type': 'application/x-protobuf',
      'x-log-bodyrawsize': headers['x-log-bodyrawsize'] ?? '',
      'x-log-compresstype': 'lz4',
    };
    const replies = [
      await client.send('POST', `/logstores/${logstore}/shards/lb`, { headers: given, body }),
      await client.send('POST', `/logstores/${logstore}/shards/route`, {
        parameters: { key: '0'.repeat(32) },
        headers: given,
        body,
      }),
    ];
    for (const reply of replies) {
      expect(reply.status).toBe(200);
      expect(reply.body).toHaveLength(0);
      expect(reply.headers).not.toHaveProperty('content-type');
    }
  });
  afterAll(() => emulator.stop());

  const query = "* | select status, count(*) as n from log where url = '/a b?c=d&e=ü' group by status";

  it('reads its own lines with GetLogs, not compressed', async () => {
    const parameters = {
      from: String(from),
      to: String(to),
      line: '100',
      offset: '0',
      powerSql: 'False',
      accurate: 'True',
      fromNs: '0',
      toNs: '0',
      query,
      type: 'log',
      reverse: 'false',
    };
    const reply = await client.send('GET', `/logstores/${logstore}`, { parameters });
    expect(json(reply)).toMatchObject([{ status: '200', n: '2' }]);
    expect(reply.headers).toMatchObject({ 'x-log-progress': 'Complete', 'x-log-has-sql': 'true' });
  });

  it('reads its own lines with GetLogsV2, compressed with lz4', async () => {
    const body = Buffer.from(
      JSON.stringify({
        from,
        to,
        line: 100,
        offset: 0,
        powerSql: false,
        accurate: true,
        query,
        forward: true,
      }),
    );
    const headers = {
      'Content-Type': 'application/json',
      'x-log-bodyrawsize': String(body.length),
      'Accept-Encoding': 'lz4',
    };
    const reply = await client.send('POST', `/logstores/${logstore}/logs`, { headers, body });
    expect(reply.headers['x-log-compresstype']).toBe('lz4');
    const size = Buffer.alloc(4);
    size.writeUInt32LE(Number(reply.headers['x-log-bodyrawsize']));
    expect(JSON.parse(uncompressSync(Buffer.concat([size, reply.body])).toString())).toMatchObject({
      meta: { progress: 'Complete', columnTypes: ['bigint', 'bigint'] },
      data: [{ status: '200', n: '2' }],
    });
  });

  it('counts lines by time, runs SQL over the project, and describes the logstore', async () => {
    const range = { from: String(from), to: String(to) };
    const histogram = { ...range, query: '*', accurate: 'True', fromNs: '0', toNs: '0', type: 'histogram' };
    const counted = await client.send('GET', `/logstores/${logstore}`, { parameters: histogram });
    expect(counted.headers['x-log-count']).toBe('2');
    const sql = {
      query: `select count(*) as n from "${logstore}" where __time__ >= ${from}`,
      powerSql: 'False',
    };
    expect(json(await client.send('GET', '/logs', { parameters: sql }))).toMatchObject([{ n: '2' }]);
    expect(json(await client.send('GET', '/logstores'))).toMatchObject({ logstores: [logstore] });
    expect(json(await client.send('GET', `/logstores/${logstore}`))).toMatchObject({
      logstoreName: logstore,
    });
    expect(json(await client.send('GET', `/logstores/${logstore}/index`))).toHaveProperty('keys.status');
  });
});
