import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startAdapter } from '../../support/adapter.ts';
import { goodRead, ready, startCluster, type ClusterReply, type TestCluster } from '../../support/cluster.ts';
import { createCa } from '../../support/certificates.ts';
import { expectWithin } from '../../support/own-time.ts';
import { startSteadyLoad } from '../../support/steady-load.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';

const front = (cluster: TestCluster) => cluster.proxyCa.issue({ cn: 'front-proxy-client' });
const body = (text: string) => JSON.parse(text) as Record<string, unknown>;

describe('an API server that is down at the start', () => {
  it('delays only readiness, and the adapter recovers', async () => {
    await using cluster = await startCluster({ down: true });
    cluster.apiServer.decide = () => true;
    expect((await cluster.request({ path: '/livez' })).text).toBe('ok');
    const { statusCode, text } = await cluster.request({ path: '/readyz?verbose' });
    expect([statusCode, text]).toEqual([
      500,
      expect.stringMatching(
        /^\[\+\]ping ok\n\[\+\]shutdown ok\n\[-\]authentication-config failed: .+\nreadyz check failed\n$/,
      ),
    ]);
    expect((await cluster.request({ path: '/readyz?exclude=authentication-config' })).text).toBe('ok');
    const pair = await front(cluster);
    expect((await cluster.request({ pair, headers: { 'x-remote-user': 'hpa' } })).statusCode).toBe(401);

    await cluster.apiServer.comeUp();
    await waitFor(() => ready(cluster));
    expect((await cluster.request({ pair, headers: { 'x-remote-user': 'hpa' } })).statusCode).toBe(200);
    // Once ready, it stays ready.
    await cluster.apiServer.goDown();
    expect(await ready(cluster)).toBe(true);
    await cluster.apiServer.comeUp();
  });
});

describe('a start that fails late', () => {
  it('ends the watches of the API server', async () => {
    await using cluster = await startCluster();
    await waitFor(() => ready(cluster));
    const { port } = new URL(cluster.adapter.url);
    const before = cluster.apiServer.openConnections;
    await expect(
      startAdapter({
        authentication: 'delegated',
        bindAddress: '127.0.0.1',
        kubeconfig: await cluster.apiServer.kubeconfigFile(),
        slsEndpoint: cluster.emulator.url,
        securePort: port,
      }),
    ).rejects.toThrow(/another process listens on/);
    await waitFor(() => cluster.apiServer.openConnections <= before);
  });
});

describe('too many requests in flight', () => {
  it('get a 429 with the retry time in its body, not in a header, except for system:masters', async () => {
    await using cluster = await startCluster({
      file: 'server: { maxRequestsInFlight: 2 }\nsls: { readTimeoutSeconds: 1 }',
    });
    cluster.apiServer.decide = () => true;
    await waitFor(() => ready(cluster));
    cluster.emulator.setFaults({ hang: true });
    const pair = await front(cluster);
    const headers = { 'x-remote-user': 'hpa' };
    const first = [cluster.request({ pair, headers }), cluster.request({ pair, headers, protocol: 'h2' })];
    await waitFor(() => cluster.emulator.stats().queries > 0);
    const refused = await waitFor(async () => {
      const reply = await cluster.request({ pair, headers });
      return reply.statusCode === 429 && reply;
    });
    expect(body(refused.text)).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      code: 429,
      details: { retryAfterSeconds: 1 },
    });
    expect(refused.headers['retry-after']).toBeUndefined();
    const master = { ...headers, 'x-remote-group': 'system:masters' };
    expect((await cluster.request({ pair, headers: master, path: '/apis' })).statusCode).toBe(200);
    // They are answered by their next query.
    cluster.emulator.setFaults({});
    expect((await Promise.all(first)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect((await cluster.request({ pair, headers })).statusCode).toBe(200);
  });
});

describe('a stop', () => {
  it('fails readiness first, serves during the delay, and finishes running requests', async () => {
    const delaySeconds = 2;
    const cluster = await startCluster({ flags: { shutdownDelayDuration: `${delaySeconds}s` } });
    cluster.apiServer.decide = () => true;
    await waitFor(() => ready(cluster));
    const pair = await front(cluster);
    const { adapter, emulator } = cluster;
    const ca = await readFile(adapter.certificateFile, 'utf8');
    const load = startSteadyLoad({
      url: adapter.url,
      path: '/apis/external.metrics.k8s.io/v1beta1',
      ca: () => ca,
      pair: () => pair,
      headers: { 'x-remote-user': 'aggregator' },
    });
    await waitFor(() => load.succeeded > 20);
    emulator.setFaults({ latencyMs: 1800 });
    const startMs = performance.now();
    const elapsedMs = () => performance.now() - startMs;
    const stopped = adapter[Symbol.asyncDispose]();
    let late: Promise<ClusterReply> | undefined;
    try {
      await waitFor(async () => !(await ready(cluster)), 'readiness fails at once');
      const enough = load.succeeded + 20;
      await waitFor(() => load.succeeded > enough || elapsedMs() > delaySeconds * 1000);
      // Clients that watch readiness have left by now.
      expect((await load.stop()).failures).toEqual([]);
      late = cluster.request({ pair, path: goodRead, headers: { 'x-remote-user': 'hpa' } });
      await Promise.race([late, waitFor(() => emulator.stats().queries > 0)]);
    } finally {
      expectWithin(elapsedMs(), delaySeconds * 1000, 'the delay was over');
    }
    expect((await late).statusCode).toBe(200);
    await stopped;
    await expect(cluster.request({ path: '/livez' })).rejects.toThrow(/ECONNREFUSED/);
    await emulator.stop();
    await cluster.apiServer[Symbol.asyncDispose]();
  });

  it('ends the renewal of a decision', async () => {
    const clock = new TestClock();
    const cluster = await startCluster({ clock });
    const { adapter, apiServer, emulator } = cluster;
    apiServer.decide = () => true;
    await waitFor(() => ready(cluster));
    const pair = await front(cluster);
    const read = () => cluster.request({ pair, headers: { 'x-remote-user': 'hpa' } });
    expect((await read()).statusCode).toBe(200);
    apiServer.fail('subjectaccessreview', { kind: 'hang' }, 1);
    clock.advance(8000);
    expect((await read()).statusCode).toBe(200);
    await waitFor(() => apiServer.count('subjectaccessreview') === 2);
    await adapter[Symbol.asyncDispose]();
    // A retry would come after half a second.
    await sleep(800);
    expect(apiServer.count('subjectaccessreview')).toBe(2);
    await emulator.stop();
    await apiServer[Symbol.asyncDispose]();
  });
});

describe('the APIService of the adapter', () => {
  const own = { name: 'adapter', namespace: 'metrics' };
  const flags = (certDir: string) => ({
    manageApiservice: 'true',
    serviceName: own.name,
    serviceNamespace: own.namespace,
    certDir,
  });
  const name = 'v1beta1.external.metrics.k8s.io';

  it('trusts the certificate that is served for the Service, and keeps other certificates', async () => {
    const certDir = await mkdtemp(join(tmpdir(), 'apiservice-'));
    const other = (await createCa('another-replica')).certificate;
    const before = Buffer.from(other).toString('base64');
    await using cluster = await startCluster({
      flags: flags(certDir),
      apiService: { service: own, caBundle: before },
    });
    await waitFor(() => ready(cluster));
    const { spec } = cluster.apiServer.apiServices.get(name) as { spec: { caBundle: string } };
    const bundle = Buffer.from(spec.caBundle, 'base64').toString();
    expect(bundle).toContain(other.trim());
    const reply = await cluster.request({ path: '/livez', trust: bundle, servername: 'adapter.metrics.svc' });
    expect(reply.text).toBe('ok');
    await rm(certDir, { recursive: true });
  });

  it('is not changed if another provider owns it, and readiness names that provider', async () => {
    const certDir = await mkdtemp(join(tmpdir(), 'apiservice-'));
    const service = { name: 'keda-operator-metrics-apiserver', namespace: 'keda' };
    await using cluster = await startCluster({ flags: flags(certDir), apiService: { service } });
    const text = await waitFor(async () => {
      const reply = await cluster.request({ path: '/readyz' });
      return reply.text.includes('keda') && reply.text;
    });
    expect(text).toMatch(/\[-\]apiservice failed: .*keda\/keda-operator-metrics-apiserver/);
    expect(cluster.apiServer.count('apiservice.patch')).toBe(0);
    await rm(certDir, { recursive: true });
  });
});
