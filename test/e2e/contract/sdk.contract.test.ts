import { createRequire } from 'node:module';
import type { $OpenApiUtil } from '@alicloud/openapi-core';
import type slsModule from '@alicloud/sls20201230';
import * as dara from '@darabonba/typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { waitFor } from '../../support/wait-for.ts';

/** By `require`, because the test runner unwraps the default export of CommonJS in its own way. */
const sls = createRequire(import.meta.url)('@alicloud/sls20201230') as typeof slsModule;

/**
 * The SDK connects to the host `{project}.{endpoint}`. The project 127 and the endpoint 0.0.1 make up the loopback
 * address, so the client needs no changes here.
 */
const project = '127';
const logstore = 'nginx-ingress';
const accessKey = { id: 'sdk-id', secret: 'sdk-secret', securityToken: 'sdk-token' };
const from = Math.floor(Date.now() / 1000) - 60;
const to = from + 60;

describe.each(['v1', 'v4'])("the SDK's own client, signing %s", (signatureVersion) => {
  let emulator: Emulator;

  const createClient = (changes: Readonly<Record<string, string>> = {}) => {
    const config = {
      endpoint: `0.0.1:${new URL(emulator.url).port}`,
      protocol: 'http',
      regionId: 'cn-hangzhou',
      signatureVersion,
      accessKeyId: accessKey.id,
      accessKeySecret: accessKey.secret,
      securityToken: accessKey.securityToken,
      ...changes,
    };
    return new sls.default(config as unknown as $OpenApiUtil.Config);
  };
  const ask = async (query: string, changes?: Readonly<Record<string, string>>, store = logstore) =>
    createClient(changes).getLogsV2WithOptions(
      project,
      store,
      new sls.GetLogsV2Request({ from, to, query }),
      new sls.GetLogsV2Headers({}),
      new dara.RuntimeOptions({ autoretry: false }),
    );

  beforeAll(async () => {
    emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey });
    const statuses = ['200', '200', '502'];
    await emulator
      .sink(project, logstore)
      .append(
        statuses.map((status) => ({ timeSeconds: from + 1, fields: { status, url: `/ü?a=${status}` } })),
      );
  });
  afterAll(() => emulator.stop());

  it('reads a grouped result, compressed with lz4', async () => {
    const sql =
      'select status, count(*) / 2 as half, count(*) / 2.0 as exact group by status order by status';
    const reply = await ask(`* | ${sql}`);
    expect(reply.headers).toMatchObject({ 'x-log-compresstype': 'lz4' });
    expect(reply.body?.meta).toMatchObject({ progress: 'Complete', hasSQL: true, count: 2, aggQuery: sql });
    expect(reply.body?.data).toMatchObject([
      { status: '200', half: '1', exact: '1.0' },
      { status: '502', half: '0', exact: '0.5' },
    ]);
  });

  it('reads lines', async () => {
    const reply = await ask('status >= 500');
    expect(reply.body?.data).toMatchObject([{ status: '502', url: '/ü?a=502' }]);
  });

  it('reads an empty result', async () => {
    expect((await ask('status: 999')).body?.data).toEqual([]);
  });

  it.each<[string, string, Readonly<Record<string, string>>, string, string, number]>([
    ['a wrong query', '* | select nosuch', {}, logstore, 'ParameterInvalid', 400],
    ['a wrong logstore', '*', {}, 'nosuch', 'LogStoreNotExist', 404],
    ['a wrong secret', '*', { accessKeySecret: 'wrong' }, logstore, 'SignatureNotMatch', 401],
    ['a wrong key', '*', { accessKeyId: 'wrong' }, logstore, 'Unauthorized', 401],
    ['a wrong token', '*', { securityToken: 'wrong' }, logstore, 'Unauthorized', 401],
  ])('gets the error for %s', async (_name, query, changes, store, code, statusCode) => {
    await expect(ask(query, changes, store)).rejects.toMatchObject({ code, data: { statusCode } });
  });

  it('counts lines by time, and runs SQL over the project', async () => {
    const client = createClient();
    const counted = await client.getHistograms(
      project,
      logstore,
      new sls.GetHistogramsRequest({ from, to, query: 'status < 500' }),
    );
    expect(counted.body?.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(2);
    // Without parentheses: the SDK leaves them as they are in what v4 signs of a URL, unlike the Go and Python SDKs.
    const query = `select status from "${logstore}" where status > 500 and __time__ >= ${from}`;
    const found = await client.getProjectLogs(project, new sls.GetProjectLogsRequest({ query }));
    expect(found.body).toMatchObject([{ status: '502' }]);
  });

  it('makes a logstore with an index, describes it, and deletes it', async () => {
    const client = createClient();
    const name = `own-${signatureVersion}`;
    await client.createLogStore(
      project,
      new sls.CreateLogStoreRequest({ logstoreName: name, ttl: 1, shardCount: 1, mode: 'query' }),
    );
    await client.createIndex(
      project,
      name,
      new sls.CreateIndexRequest({
        body: new sls.Index({ keys: { n: new sls.IndexKey({ type: 'long', docValue: true }) } }),
      }),
    );
    const listed = await client.listLogStores(project, new sls.ListLogStoresRequest({ mode: 'query' }));
    expect(listed.body).toMatchObject({ total: 1, logstores: [name] });
    expect((await client.getLogStore(project, name)).body).toMatchObject({ mode: 'query', ttl: 30 });
    const index = await client.getIndex(project, name);
    expect(index.body?.keys).toMatchObject({ n: { type: 'long', doc_value: false } });
    await expect(ask('* | select count(*)', {}, name)).rejects.toThrow('mode query');
    expect((await ask('n > 1', {}, name)).body?.data).toEqual([]);
    await client.deleteLogStore(project, name);
    await expect(client.getIndex(project, name)).rejects.toMatchObject({ code: 'LogStoreNotExist' });
  });

  it('gets the error for too many queries', async () => {
    emulator.setFaults({ hang: true });
    const before = emulator.stats().queries;
    const asked = Array.from({ length: 15 }, () => ask('* | select count(*)'));
    // They end with the emulator.
    void Promise.allSettled(asked);
    await waitFor(() => emulator.stats().queries === before + 15);
    await expect(ask('* | select count(*)')).rejects.toThrow('Too many queued queries');
  });
});
