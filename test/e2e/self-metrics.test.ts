import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { logstore, project, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { describeWithPrometheus, promtool } from '../support/promtool.ts';
import { TestClock } from '../support/test-clock.ts';
import { waitFor } from '../support/wait-for.ts';

const selector = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': 'default-a-80' };

let emulator: Emulator;
let adapter: TestAdapter;
beforeAll(async () => {
  const clock = new TestClock();
  const logstores = [{ project, logstore }];
  emulator = await startEmulator({ logstores, clock });
  const file = 'telemetry: { port: 0, maxSeriesValues: 10 }';
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, file);
  // Two intervals are a beat, for which the adapter refreshes the reading.
  for (let reads = 0; reads < 3; reads += 1) {
    await adapter.read('sls_ingress_qps', selector);
    clock.advance(4000);
  }
  await adapter.read('sls_nothing', selector);
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

const telemetryUrl = () => {
  const url = adapter.logLines.find(({ msg }) => msg === 'The adapter is serving')?.['telemetryUrl'];
  return String(url);
};

async function scrape(): Promise<string> {
  const reply = await fetch(`${telemetryUrl()}/metrics`);
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return reply.text();
}

describe('/metrics', () => {
  it('counts the reads and queries of a running adapter', async () => {
    const text = await waitFor(async () => {
      const now = await scrape();
      // The delay is measured for the first time with the first refresh.
      return now.includes('learned_delay_seconds{') && now;
    });
    const read = 'sls_metrics_adapter_reads_total{metric="sls_ingress_qps",code="ok",source=';
    for (const line of [
      `${read}"cold",client="api"} 1`,
      `${read}"fresh",client="api"} 2`,
      'sls_metrics_adapter_reads_total{metric="other",code="MetricUnknown",source="none",client="api"} 1',
      'sls_metrics_adapter_series 1',
      'sls_metrics_adapter_series_wanted 1',
      'sls_metrics_adapter_series_limit 20000',
      `sls_metrics_adapter_sls_circuit_state{project="${project}",state="closed"} 1`,
      `sls_metrics_adapter_learned_delay_seconds{project="${project}",logstore="${logstore}"} 10`,
      `sls_metrics_adapter_external_metric_value{metric="sls_ingress_qps",project="${project}",logstore="${logstore}",route="default-a-80",interval="15"} 0`,
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^sls_metrics_adapter_sls_queries_total\{.*outcome="ok",code="ok"\} [1-9]/m);
    expect(text).toMatch(/^sls_metrics_adapter_build_info\{version="v\d+\.\d+\.\d+",node_version="24\./m);
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
    const [, expiry = ''] = /^sls_metrics_adapter_serving_certificate_expiry\w+ (\d+)$/m.exec(text) ?? [];
    expect(Number(expiry) - Date.now() / 1000).toBeGreaterThan(30 * 86_400);
  });

  it('is also served on the port of the API', async () => {
    const reply = await adapter.request('/metrics');
    expect(reply).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    });
    expect(reply.text).toContain('sls_metrics_adapter_reads_total{');
    expect(await adapter.request('/metrics', { method: 'POST' })).toMatchObject({ statusCode: 405 });
  });

  it('is the only path of the telemetry port without a status page', async () => {
    for (const path of ['/', '/apis', '/readyz']) {
      const reply = await fetch(`${telemetryUrl()}${path}`);
      expect([reply.status, await reply.json()]).toMatchObject([404, { kind: 'Status', reason: 'NotFound' }]);
    }
  });
});

describeWithPrometheus('promtool', () => {
  it('accepts /metrics of a running adapter', async () => {
    expect(await promtool(['check', 'metrics'], await scrape())).toBe('');
  });
});

it('opens no telemetry port by default, and names a port that is in use', async () => {
  await using quiet = await startAdapter({ slsEndpoint: emulator.url });
  const started = quiet.logLines.find(({ msg }) => msg === 'The adapter is serving');
  expect(started).not.toHaveProperty('telemetryUrl');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const taken = startAdapter({ slsEndpoint: emulator.url, telemetryPort: String(port) });
  await expect(taken).rejects.toThrow(new RegExp(`^another process listens on 127\\.0\\.0\\.1:${port}\\. `));
  server.close();
});
