import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ApiServiceKeeper,
  defaultApiServiceSettings,
  type ApiServiceSettings,
} from '../../src/kube/api-service.ts';
import { loadKubeClient, type KubeClient } from '../../src/kube/client/kube-client.ts';
import { createCa, type Ca } from '../support/certificates.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../support/scripted-apiserver.ts';
import { waitFor } from '../support/wait-for.ts';
import { activeResources, testDependencies, type TestDependencies } from './kube-harness.ts';

const name = 'v1beta1.external.metrics.k8s.io';
const own = { name: 'adapter', namespace: 'sls' };
const service = { name: 'adapter', namespace: 'sls', port: 443 };

let ours: Ca;
let otherReplica: Ca;
let certManager: Ca;
let server: ScriptedApiServer;
let client: KubeClient;
let dependencies: TestDependencies;
let stop: AbortController;
let runs: Promise<void>[];

beforeAll(async () => {
  ours = await createCa('sls-metrics-adapter');
  otherReplica = await createCa('sls-metrics-adapter');
  certManager = await createCa('cert-manager');
});
beforeEach(async () => {
  server = await startScriptedApiServer();
  client = await loadKubeClient(await server.podEnvironment());
  dependencies = testDependencies({ clock: Date });
  stop = new AbortController();
  runs = [];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(runs);
  client.close();
  await server[Symbol.asyncDispose]();
});

function start(ca = ours, settings: Partial<ApiServiceSettings> = {}): ApiServiceKeeper {
  const fast = { firstPauseMs: 4, longestPauseMs: 20 };
  const keeper = new ApiServiceKeeper(
    own,
    { ...dependencies, client },
    {
      ...defaultApiServiceSettings,
      ...fast,
      ...settings,
    },
  );
  keeper.setCaPem(ca.certificate);
  runs.push(keeper.run(stop.signal));
  return keeper;
}
const base64 = (...cas: readonly Ca[]) =>
  Buffer.from(cas.map(({ certificate }) => certificate).join('')).toString('base64');
const spec = () => server.apiServices.get(name).spec;
const published = (keeper: ApiServiceKeeper, ca: Ca = ours) =>
  waitFor(() => keeper.publishedCaPem === ca.certificate);

describe('our APIService', () => {
  it('gets our certificate, and insecureSkipTLSVerify is cleared', async () => {
    server.apiServices.putExternalMetrics(service, { insecureSkipTLSVerify: true });
    const keeper = start();
    await published(keeper);
    expect(spec()).toEqual({
      service,
      group: 'external.metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      caBundle: base64(ours),
    });
    expect(keeper.problem()).toBeUndefined();
    await waitFor(() => keeper.syncState().lastSyncMs !== undefined);
    expect(keeper.syncState()).toMatchObject({ resource: 'apiservices', synced: true });
    expect(dependencies.observer.of('apiServiceUpdated')).toEqual([{ name, certificates: 1 }]);
  });

  it('is patched with the resourceVersion that was read', async () => {
    server.apiServices.putExternalMetrics(service);
    const { resourceVersion } = server.apiServices.get(name).metadata;
    await published(start());
    expect(server.requests.at(-1)?.body).toEqual({
      metadata: { resourceVersion },
      spec: { caBundle: base64(ours), insecureSkipTLSVerify: null },
    });
  });

  it('is not patched if it trusts our certificate already', async () => {
    server.apiServices.putExternalMetrics(service, { caBundle: base64(certManager, ours) });
    await published(start());
    expect(server.count('apiservice.patch')).toBe(0);
  });

  it('loses insecureSkipTLSVerify also if the caBundle is right already', async () => {
    // Older API servers allow both.
    const both = { caBundle: base64(ours), insecureSkipTLSVerify: true };
    server.apiServices.putExternalMetrics(service, both);
    await published(start());
    expect(spec()).toMatchObject({ caBundle: base64(ours) });
    expect(spec().insecureSkipTLSVerify).toBeUndefined();
  });

  it('keeps the certificates of others', async () => {
    server.apiServices.putExternalMetrics(service, { caBundle: base64(otherReplica, certManager) });
    await published(start());
    expect(spec().caBundle).toBe(base64(ours, otherReplica, certManager));
    expect(dependencies.observer.of('apiServiceUpdated')).toEqual([{ name, certificates: 3 }]);
  });

  it('gets a renewed certificate before the server uses it', async () => {
    server.apiServices.putExternalMetrics(service);
    const keeper = start();
    await published(keeper);
    keeper.setCaPem(otherReplica.certificate);
    expect(keeper.publishedCaPem).toBe(ours.certificate);
    await published(keeper, otherReplica);
    expect(spec().caBundle).toBe(base64(otherReplica, ours));
  });

  it('gets a certificate that is set after the start', async () => {
    server.apiServices.putExternalMetrics(service);
    const late = new ApiServiceKeeper(own, { ...dependencies, client });
    runs.push(late.run(stop.signal));
    expect(late.problem()).toBe('the APIService was not read yet');
    late.setCaPem(otherReplica.certificate);
    await published(late, otherReplica);
    expect(late.problem()).toBeUndefined();
  });

  it('is patched again after another client reset it', async () => {
    server.apiServices.putExternalMetrics(service);
    await published(start(ours, { recheckMs: 20 }));
    server.apiServices.putExternalMetrics(service, { insecureSkipTLSVerify: true });
    await waitFor(() => spec().caBundle === base64(ours));
  });

  it('trusts both certificates of two replicas that start at the same time', async () => {
    server.apiServices.putExternalMetrics(service);
    const [one, other] = [start(ours), start(otherReplica)];
    await Promise.all([published(one), published(other, otherReplica)]);
    expect([base64(ours, otherReplica), base64(otherReplica, ours)]).toContain(spec().caBundle);
    expect(dependencies.observer.of('apiServiceFailed')).toEqual([]);
  });
});

describe('the APIService of another service', () => {
  it.each([
    [{ name: 'keda-operator-metrics-apiserver', namespace: 'keda' }, 'keda/keda-operator-metrics-apiserver'],
    [{ name: 'adapter', namespace: 'another' }, 'another/adapter'],
    [undefined, 'kube-apiserver itself'],
  ])('is not patched, and is reported: %j', async (foreign, owner) => {
    server.apiServices.putExternalMetrics(foreign, { insecureSkipTLSVerify: true });
    const keeper = start();
    await waitFor(() => dependencies.observer.of('apiServiceForeign').length > 0);
    expect(dependencies.observer.of('apiServiceForeign')).toEqual([{ name, owner }]);
    await waitFor(() => keeper.problem() === `APIService ${name} belongs to ${owner}`);
    expect(keeper.syncState()).toMatchObject({ synced: false });
    expect(server.count('apiservice.patch')).toBe(0);
    expect(spec()).toMatchObject({ insecureSkipTLSVerify: true });
  });

  it('is patched after it was pointed to our Service', async () => {
    server.apiServices.putExternalMetrics({ name: 'keda', namespace: 'keda' });
    const keeper = start(ours, { foreignRecheckMs: 20 });
    await waitFor(() => dependencies.observer.of('apiServiceForeign').length > 0);
    server.apiServices.putExternalMetrics(service);
    await published(keeper);
  });
});

describe('the keeper of the APIService', () => {
  it.each([409, 429, 500, 503])('succeeds after %i', async (code) => {
    server.apiServices.putExternalMetrics(service);
    server.fail('apiservice.patch', { kind: 'status', code }, 2);
    await published(start());
    expect(spec().caBundle).toBe(base64(ours));
    expect(server.count('apiservice.get')).toBe(3);
  });

  it('reports a missing APIService, does not create it, and finds it later', async () => {
    const keeper = start();
    await waitFor(() => dependencies.observer.of('apiServiceFailed').length >= 2);
    expect(dependencies.observer.of('apiServiceFailed')[0]?.message).toContain(`"${name}" not found`);
    expect(keeper.problem()).toContain('not found');
    server.apiServices.putExternalMetrics(service);
    await published(keeper);
    expect(keeper.problem()).toBeUndefined();
  });

  it('reports missing rights', async () => {
    server.apiServices.putExternalMetrics(service);
    server.fail('apiservice.patch', { kind: 'status', code: 403, message: 'may not patch' });
    const keeper = start();
    await waitFor(() => keeper.problem()?.includes('may not patch'));
    expect(keeper.publishedCaPem).toBeUndefined();
  });

  it('goes on after the API server was away', async () => {
    server.apiServices.putExternalMetrics(service);
    await server.goDown();
    const keeper = start();
    await waitFor(() => dependencies.observer.of('apiServiceFailed').length >= 2);
    await server.comeUp();
    await published(keeper);
  });

  it('stops at once at the signal, in a pause and in a call', async () => {
    server.apiServices.putExternalMetrics(service);
    await published(start());
    server.fail('apiservice.get', { kind: 'hang' });
    start(otherReplica);
    await waitFor(() => server.count('apiservice.get') === 2);
    stop.abort();
    await Promise.all(runs);
    client.close();
    await waitFor(() => server.openConnections === 0);
    await waitFor(() => activeResources() === 0, 'no timer and no socket left');
  });
});
