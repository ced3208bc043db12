import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StatusDocument } from '../../src/status/status-document.ts';
import { logstore, project, readPath, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { ready, startCluster, type TestCluster } from '../support/cluster.ts';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import { TestClock } from '../support/test-clock.ts';
import { waitFor } from '../support/wait-for.ts';

const telemetryUrl = ({ logLines }: TestAdapter) =>
  String(logLines.find(({ msg }) => msg === 'The adapter is serving')?.['telemetryUrl']);

const statusOf = async (adapter: TestAdapter) =>
  (await (await fetch(`${telemetryUrl(adapter)}/status.json`)).json()) as StatusDocument;

const named = (labels: Readonly<Record<string, string>>) =>
  externalMetric('sls_ingress_qps', {
    matchLabels: { 'sls.project': project, 'sls.logstore': logstore, ...labels },
  });

let clock: TestClock;
let cluster: TestCluster;
beforeEach(async () => {
  const file = 'telemetry: { port: 0, statusPage: true }';
  clock = new TestClock();
  cluster = await startCluster({ file, clock });
});
afterEach(() => cluster[Symbol.asyncDispose]());

/** Reads as the HPA controller, through the front proxy. */
async function read(namespace: string, label: string) {
  const pair = await cluster.proxyCa.issue({ cn: 'front-proxy-client' });
  const path = readPath(
    'sls_ingress_qps',
    `sls.project=${project},sls.logstore=${logstore},${label}`,
    namespace,
  );
  const headers = { 'x-remote-user': 'hpa', 'x-remote-group': 'system:masters' };
  return cluster.request({ path, pair, headers });
}

const until = (condition: (status: StatusDocument) => boolean | Promise<boolean>) =>
  waitFor(async () => {
    const status = await statusOf(cluster.adapter);
    return (await condition(status)) && status;
  }, condition.toString());

it('shows the HPAs, readings, refusals and SLS queries of a running adapter', async () => {
  const { hpas } = cluster.apiServer;
  hpas.put(autoscaler('shop', 'web', [named({ 'sls.ingress.route': 'shop-web-80' })]));
  hpas.put(autoscaler('blog', 'web', [named({ 'sls.ingress.rout': 'blog-web-80' })]));
  await waitFor(() => ready(cluster));
  await read('blog', 'sls.ingress.rout=blog-web-80');
  // The third read has a beat, so a refresh follows, which learns the delay.
  for (let reads = 0; reads < 3; reads += 1) {
    await read('shop', 'sls.ingress.route=shop-web-80');
    clock.advance(4000);
  }
  const status = await until(
    ({ counts: { fresh, refused }, logstores: [logstore] }) =>
      fresh === 1 && refused === 1 && typeof logstore?.delaySeconds === 'number',
  );
  expect(status.series).toMatchObject([{ route: 'shop-web-80', value: 0, state: 'fresh', failure: null }]);
  expect(status.autoscalers).toMatchObject([
    {
      namespace: 'shop',
      name: 'web',
      metrics: [{ metric: 'sls_ingress_qps', sum: 0, wantedReplicas: 1, target: { value: 10 } }],
    },
    { namespace: 'blog', name: 'web', metrics: [] },
  ]);
  expect(status.refused).toMatchObject([
    { namespace: 'blog', autoscaler: 'web', code: 'LabelUnknown', selector: null },
  ]);
  expect(status.projects).toMatchObject([{ project, circuit: 'closed' }]);
  expect(status.logstores).toMatchObject([{ project, logstore }]);
  // Reads and their queries may fall into different minutes.
  const { minutes } = status;
  const total = (count: 'ok' | 'cold' | 'served') => minutes.reduce((sum, minute) => sum + minute[count], 0);
  expect([total('ok') > 0, total('cold') > 0, total('served')]).toEqual([true, true, 3]);
});

it('shows an SLS failure with its remedy, and its end', async () => {
  await waitFor(() => ready(cluster));
  await read('shop', 'sls.ingress.route=shop-web-80');
  await until(({ counts }) => counts.fresh === 1);
  cluster.emulator.setFaults({ errorRate: 1 });
  const { series } = await until(async ({ counts }) => {
    clock.advance(1000);
    await read('shop', 'sls.ingress.route=shop-web-80');
    return counts.stale + counts.failing === 1;
  });
  const { code = 'Internal', remedy } = series[0]?.failure ?? {};
  expect(['SlsUnavailable', 'SlsThrottled']).toContain(code);
  expect(remedy).toMatch(/SLS is busy|network path/);
  cluster.emulator.setFaults({});
  await until(async ({ counts }) => {
    clock.advance(1000);
    await read('shop', 'sls.ingress.route=shop-web-80');
    return counts.fresh === 1;
  });
});

it('is not served unless telemetry.statusPage is set', async () => {
  const adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1', telemetryPort: '0' }, {}, '{}');
  for (const path of ['/', '/status.json', '/events'])
    expect((await fetch(`${telemetryUrl(adapter)}${path}`)).status).toBe(404);
  await adapter[Symbol.asyncDispose]();
});

it('does not delay the shutdown while a browser is connected', async () => {
  const adapter = await startAdapter({
    slsEndpoint: 'http://127.0.0.1:1',
    telemetryPort: '0',
    statusPage: 'true',
  });
  const watching = await fetch(`${telemetryUrl(adapter)}/events`);
  expect(watching.headers.get('content-type')).toBe('text/event-stream');
  const ended = watching.text().catch(() => 'cut off');
  await adapter[Symbol.asyncDispose]();
  await ended;
  await expect(fetch(telemetryUrl(adapter))).rejects.toThrow();
});
