import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import { createCa } from '../../support/certificates.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../support/scripted-apiserver.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { listConfigMaps } from '../kube-harness.ts';

let server: ScriptedApiServer;
let client: KubeClient | undefined;

beforeEach(async () => {
  server = await startScriptedApiServer();
});
afterEach(async () => {
  client?.close();
  client = undefined;
  await server[Symbol.asyncDispose]();
});

const options = () => ({ signal: new AbortController().signal, timeoutMs: 300_000 });
const last = () => server.requests.at(-1);

describe('a client in a pod', () => {
  it('calls as its service account, trusts its CA, and keeps its connections', async () => {
    client = await loadKubeClient(await server.podEnvironment());
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
    for (let i = 0; i < 10; i++) await listConfigMaps(client, options());
    expect(last()?.headers.authorization).toBe('Bearer adapter-token');
    expect(server.connectionsAccepted).toBeLessThanOrEqual(2);
  });

  it('reads a renewed token within a minute', async () => {
    const clock = new TestClock();
    const pod = await server.podEnvironment();
    client = await loadKubeClient({ ...pod, monotonicMs: clock.monotonicMs });
    await listConfigMaps(client, options());
    server.bearers.add('renewed-token');
    await writeFile(join(pod.serviceAccountDir, 'token'), 'renewed-token\n');
    await listConfigMaps(client, options());
    expect(last()?.headers.authorization).toBe('Bearer adapter-token');
    clock.advance(60_000);
    await listConfigMaps(client, options());
    expect(last()?.headers.authorization).toBe('Bearer renewed-token');
  });

  it('reads the token again at once after a 401', async () => {
    const pod = await server.podEnvironment();
    client = await loadKubeClient({ ...pod, monotonicMs: new TestClock().monotonicMs });
    server.bearers.clear();
    server.bearers.add('renewed-token');
    await writeFile(join(pod.serviceAccountDir, 'token'), 'renewed-token');
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({
      kind: 'status',
      statusCode: 401,
    });
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('keeps the last token while the file is missing', async () => {
    const clock = new TestClock();
    const pod = await server.podEnvironment();
    client = await loadKubeClient({ ...pod, monotonicMs: clock.monotonicMs });
    await rm(join(pod.serviceAccountDir, 'token'));
    clock.advance(60_000);
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('trusts a renewed CA on new connections, and closes the old ones', async () => {
    const clock = new TestClock();
    const pod = await server.podEnvironment();
    client = await loadKubeClient({ ...pod, monotonicMs: clock.monotonicMs });
    await listConfigMaps(client, options());
    await writeFile(join(pod.serviceAccountDir, 'ca.crt'), (await createCa('another')).certificate);
    clock.advance(60_000);
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({ kind: 'network' });
    await writeFile(join(pod.serviceAccountDir, 'ca.crt'), server.caPem);
    clock.advance(60_000);
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
    await waitFor(() => server.openConnections === 1);
  });

  it('refuses to start outside of a cluster, and names --kubeconfig', async () => {
    const loading = loadKubeClient({ env: {} });
    await expect(loading).rejects.toThrow(AdapterError);
    await expect(loading).rejects.toMatchObject({
      code: 'ConfigInvalid',
      what: expect.stringContaining('--kubeconfig') as unknown,
    });
  });

  it('refuses to start without a file of the service account, and names the file', async () => {
    const { env } = await server.podEnvironment();
    await expect(loadKubeClient({ env, serviceAccountDir: '/nowhere' })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      what: expect.stringContaining('/nowhere/token') as unknown,
    });
  });
});
