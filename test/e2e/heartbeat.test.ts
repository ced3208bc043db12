import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { nginxIngressIndex } from '../../emulator/store/index-config.ts';
import { accessLine, ackRecord } from '../../emulator/traffic/access-line.ts';
import { logstore, project, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { waitFor } from '../support/wait-for.ts';

const unindexed = 'nginx-old';
const route = 'default-web-80';
const agents: string[] = [];

const nowSeconds = () => Math.floor(Date.now() / 1000);

let emulator: Emulator;
let ingress: Server;
let adapter: TestAdapter;
/** Its logstore cannot leave out heartbeats. */
let withoutIndex: TestAdapter;

/** A heartbeat as the log has it at worst: for the route that is read, slow, and failed. */
const heartbeatRecord = (agent: string) =>
  ackRecord(accessLine({ atSeconds: nowSeconds(), agent, requestTime: '9.000', status: '500' }));

const traffic = (atSeconds: number) => [
  ...Array.from({ length: 30 }, () => ackRecord(accessLine({ atSeconds }))),
  // A line that the collector could not read has no User-Agent.
  { timeSeconds: atSeconds, fields: { content: 'unreadable' } },
];

const fileFor = (url: string, logstoreName: string) =>
  JSON.stringify({
    reading: { freshnessSeconds: 0, delaySeconds: 1 },
    heartbeat: { url, project, logstore: logstoreName },
    metrics: [
      {
        name: 'lines_of_host',
        description: 'Lines of a host',
        unit: 'lines',
        aggregate: 'count(*)',
        emptyWindow: 'zero',
        labels: [{ name: 'my.host', column: 'host', description: 'Host', required: true }],
      },
    ],
  });

beforeAll(async () => {
  const fields = Object.fromEntries(
    Object.entries(nginxIngressIndex.fields).filter(([name]) => name !== 'http_user_agent'),
  );
  const logstores = [
    { project, logstore },
    { project, logstore: unindexed, index: { ...nginxIngressIndex, fields } },
  ];
  emulator = await startEmulator({ logstores });
  ingress = createServer(({ headers }, response) => {
    const agent = headers['user-agent'] ?? '';
    agents.push(agent);
    response.writeHead(404).end();
    void emulator.sink(project, logstore).append([heartbeatRecord(agent)]);
  }).listen(0, '127.0.0.1');
  await once(ingress, 'listening');
  const url = `http://127.0.0.1:${(ingress.address() as AddressInfo).port}/`;
  adapter = await startAdapter({ slsEndpoint: emulator.url }, {}, fileFor(url, logstore));
  withoutIndex = await startAdapter({ slsEndpoint: emulator.url }, {}, fileFor(url, unindexed));
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await withoutIndex[Symbol.asyncDispose]();
  ingress.close();
  await emulator.stop();
});

async function read(from: TestAdapter, metric: string, more: Readonly<Record<string, string>>) {
  const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.query.interval': '30', ...more };
  const { body } = await from.read(metric, labels);
  const { items, message } = body as { items?: readonly { value: string }[]; message?: string };
  return items?.[0]?.value ?? message;
}

describe('the lines of heartbeats', () => {
  it('are logged while the logstore is read, and count in no reading', async () => {
    await read(adapter, 'sls_ingress_qps', {});
    await waitFor(() => agents.length > 0);
    expect(agents[0]).toMatch(/^sls-metrics-adapter-heartbeat\/1 [0-9a-f]{8}-0$/);
    const sink = emulator.sink(project, logstore);
    await sink.append(traffic(nowSeconds()));
    await sink.append(
      Array.from({ length: 9 }, () => heartbeatRecord('sls-metrics-adapter-heartbeat/1 other')),
    );
    const beats = agents.length;
    await waitFor(() => agents.length > beats);
    const byRoute = { 'sls.ingress.route': route };
    const readings = {
      route: await read(adapter, 'sls_ingress_qps', byRoute),
      'whole logstore': await read(adapter, 'sls_ingress_qps', {}),
      host: await read(adapter, 'sls_ingress_qps', { 'sls.ingress.host': 'www.example.com' }),
      status: await read(adapter, 'sls_ingress_qps', { ...byRoute, 'sls.ingress.status': '5xx' }),
      latency: await read(adapter, 'sls_ingress_latency_avg', byRoute),
      'own metric': await read(adapter, 'lines_of_host', { 'my.host': 'www.example.com' }),
      'error ratio': await read(adapter, 'sls_ingress_error_ratio', byRoute),
    };
    expect(readings).toEqual({
      route: '1',
      'whole logstore': '1034m',
      host: '1',
      status: '0',
      latency: '120',
      'own metric': '30',
      'error ratio': '0',
    });
  });

  it('are not sent where the User-Agent has no index, which the log says', async () => {
    const byRoute = { 'sls.logstore': unindexed, 'sls.ingress.route': route };
    await emulator.sink(project, unindexed).append(traffic(nowSeconds() - 5));
    expect(await read(withoutIndex, 'sls_ingress_qps', byRoute)).toBe('1');
    const told = () => withoutIndex.logLines.find(({ state }) => state === 'unindexed');
    expect(await waitFor(() => told())).toMatchObject({ level: 50, project, logstore: unindexed });
  });
});
