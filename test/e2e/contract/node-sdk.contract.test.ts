import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';

/** The part of `@alicloud/log` that is called here. The package has no types. */
interface NodeSdk {
  listLogStore(project: string, options?: { logstoreName?: string }): Promise<unknown>;
  getLogStore(project: string, logstore: string): Promise<unknown>;
  createLogStore(
    project: string,
    logstore: string,
    options: { ttl: number; shardCount: number },
  ): Promise<unknown>;
  deleteLogStore(project: string, logstore: string): Promise<unknown>;
  getIndexConfig(project: string, logstore: string): Promise<unknown>;
  createIndex(project: string, logstore: string, index: object): Promise<unknown>;
  getLogs(project: string, logstore: string, from: Date, to: Date, options?: object): Promise<unknown>;
  getHistograms(
    project: string,
    logstore: string,
    from: Date,
    to: Date,
    options?: object,
  ): Promise<{ count: number }[]>;
  getProjectLogs(project: string, options: { query: string }): Promise<unknown>;
  postLogStoreLogs(project: string, logstore: string, group: object): Promise<unknown>;
}

const Client = createRequire(import.meta.url)('@alicloud/log') as new (config: object) => NodeSdk;

/** The client connects to `{project}.{endpoint}`. Together they are the loopback address. */
const project = '127';
const logstore = 'nginx-ingress';
const accessKey = { id: 'node-id', secret: 'node-secret', securityToken: 'node-token' };
const nowSeconds = Math.floor(Date.now() / 1000);
const [from, to] = [new Date((nowSeconds - 60) * 1000), new Date((nowSeconds + 60) * 1000)];

describe('@alicloud/log, the older Node SDK, unmodified', () => {
  let emulator: Emulator;
  let client: NodeSdk;

  const clientWith = (changes: object) =>
    new Client({
      endpoint: `0.0.1:${new URL(emulator.url).port}`,
      accessKeyId: accessKey.id,
      accessKeySecret: accessKey.secret,
      securityToken: accessKey.securityToken,
      ...changes,
    });

  beforeAll(async () => {
    emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey });
    client = clientWith({});
    const logs = ['200', '502'].map((status) => ({
      timestamp: nowSeconds - 5,
      content: { status, url: '/a b?c=d&e=ü' },
    }));
    const group = { logs, topic: 'node', source: '10.0.0.1', tags: [{ __hostname__: 'n1' }] };
    expect(await client.postLogStoreLogs(project, logstore, group)).toBe('');
  });
  afterAll(() => emulator.stop());

  it('reads a grouped result of its own lines', async () => {
    const query =
      "* | select status, avg(status) as a from log where url = '/a b?c=d&e=ü' group by status order by status";
    expect(await client.getLogs(project, logstore, from, to, { query })).toMatchObject([
      { status: '200', a: '200.0' },
      { status: '502', a: '502.0' },
    ]);
  });

  it('reads its own lines, newest first, with topic, source and tags', async () => {
    const options = { query: '__topic__: node and status > 500', line: 1, offset: 0, reverse: true };
    expect(await client.getLogs(project, logstore, from, to, options)).toEqual([
      {
        status: '502',
        url: '/a b?c=d&e=ü',
        __topic__: 'node',
        __source__: '10.0.0.1',
        '__tag__:__hostname__': 'n1',
        __time__: String(nowSeconds - 5),
      },
    ]);
  });

  it('counts lines by time', async () => {
    const parts = await client.getHistograms(project, logstore, from, to, { query: 'status: 502' });
    expect(parts.map(({ count }) => count).filter((count) => count > 0)).toEqual([1]);
    expect(parts[0]).toMatchObject({ from: nowSeconds - 60, progress: 'Complete' });
    expect(parts.at(-1)).toMatchObject({ to: nowSeconds + 60 });
  });

  it('runs SQL over the project', async () => {
    const query = `SELECT count(*) AS n FROM "${logstore}" WHERE __time__ > ${nowSeconds - 60} LIMIT 10;`;
    expect(await client.getProjectLogs(project, { query })).toMatchObject([{ n: '2' }]);
  });

  it('describes a logstore and its index', async () => {
    expect(await client.listLogStore(project)).toMatchObject({ count: 1, total: 1, logstores: [logstore] });
    expect(await client.listLogStore(project, { logstoreName: 'alb' })).toMatchObject({ logstores: [] });
    expect(await client.getLogStore(project, logstore)).toMatchObject({
      logstoreName: logstore,
      mode: 'standard',
    });
    expect(await client.getIndexConfig(project, logstore)).toMatchObject({
      keys: { status: { type: 'long', doc_value: true }, url: { type: 'text', caseSensitive: false } },
      line: { token: expect.arrayContaining([',', ' ', '\n']) as unknown },
    });
  });

  it('makes a logstore, indexes it, and deletes it', async () => {
    const name = 'own';
    const code = (code: string) => expect.objectContaining({ code }) as unknown;
    expect(await client.createLogStore(project, name, { ttl: 1, shardCount: 1 })).toBe('');
    await expect(client.createLogStore(project, name, { ttl: 1, shardCount: 1 })).rejects.toEqual(
      code('LogStoreAlreadyExist'),
    );
    await expect(client.getIndexConfig(project, name)).rejects.toEqual(code('IndexConfigNotExist'));
    await expect(client.getLogs(project, name, from, to, { query: '*' })).rejects.toThrow(
      'logstore without index config',
    );
    await client.createIndex(project, name, { keys: { n: { type: 'long', doc_value: true } } });
    await client.postLogStoreLogs(project, name, { logs: [{ timestamp: nowSeconds, content: { n: '7' } }] });
    const query = '* | select sum(n) as s';
    expect(await client.getLogs(project, name, from, to, { query })).toMatchObject([{ s: '7' }]);
    await client.deleteLogStore(project, name);
    await expect(client.getLogStore(project, name)).rejects.toEqual(code('LogStoreNotExist'));
  });

  it.each<[string, object, string]>([
    ['another secret', { accessKeySecret: 'wrong' }, 'SignatureNotMatch'],
    ['another token', { securityToken: 'wrong' }, 'Unauthorized'],
  ])('is refused with %s', async (_name, changes, code) => {
    const asked = clientWith(changes).getLogs(project, logstore, from, to, { query: '*' });
    await expect(asked).rejects.toMatchObject({ code, requestid: expect.any(String) as string });
  });
});
