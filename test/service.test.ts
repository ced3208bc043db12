import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import https from 'node:https';
import { expect, it } from 'vitest';
import { startEmulator } from '../emulator/emulator.ts';
import { logstore, project, readPath, selectorOf, startAdapter } from './support/adapter.ts';
import { waitFor } from './support/wait-for.ts';

const selector = { 'sls.project': project, 'sls.logstore': logstore };

it('the service reports a taken port in one line', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(startAdapter({ slsEndpoint: 'http://127.0.0.1:1', securePort: String(port) })).rejects.toThrow(
    new RegExp(
      `^another process listens on 127\\.0\\.0\\.1:${port}\\. Stop that process or choose another port`,
    ),
  );
  server.close();
});

it('the service answers in-flight reads before it stops', async () => {
  await using emulator = await startEmulator({ logstores: [{ project, logstore }], latencyMs: 300 });
  const adapter = await startAdapter({ slsEndpoint: emulator.url });
  const agent = new https.Agent({ rejectUnauthorized: false });
  const reading = adapter.request(readPath('sls_ingress_qps', selectorOf(selector)), { agent });
  await waitFor(() => emulator.stats().queries >= 1);
  await adapter[Symbol.asyncDispose]();
  expect((await reading).body).toMatchObject({ items: [{ value: '0' }] });
  await expect(adapter.request('/readyz', { agent })).rejects.toThrow(/ECONNREFUSED/);
});

it('the service cancels the SLS query of a client that has disconnected', async () => {
  await using emulator = await startEmulator({ logstores: [{ project, logstore }] });
  emulator.setFaults({ hang: true });
  // No refresh joins the query.
  await using adapter = await startAdapter(
    { slsEndpoint: emulator.url },
    { random: () => 0.99 },
    'reading: { freshnessSeconds: 0 }',
  );
  const client = new AbortController();
  const agent = new https.Agent({ rejectUnauthorized: false });
  const path = readPath('sls_ingress_qps', selectorOf(selector));
  const reading = adapter.request(path, { agent, signal: client.signal });
  await waitFor(() => emulator.stats().queries >= 1);
  client.abort();
  await expect(reading).rejects.toThrow();
  await waitFor(() => adapter.logLines.some(({ outcome }) => outcome === 'Canceled'));
  expect(adapter.logLines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});

it('the service logs each failed read once, with code, cause and selector, and without secrets', async () => {
  await using adapter = await startAdapter(
    { slsEndpoint: 'http://127.0.0.1:1' },
    { random: () => 0.99 },
    'reading: { freshnessSeconds: 0 }',
  );
  await adapter.read('sls_ingress_qps', { ...selector, 'sls.query.max_retry': '0' });
  const failures = adapter.logLines.filter(({ level }) => Number(level) >= 40);
  expect(failures).toMatchObject(
    [{ code: 'SlsUnavailable', namespace: 'default', metric: 'sls_ingress_qps', cause: /ECONNREFUSED/ }].map(
      ({ cause, ...rest }) => ({ ...rest, cause: expect.stringMatching(cause) as unknown }),
    ),
  );
  expect(JSON.stringify(adapter.logLines)).not.toContain('test-secret');
});
