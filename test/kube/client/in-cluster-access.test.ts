import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import { createCa } from '../../support/certificates.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../support/scripted-apiserver.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';

const path = '/api/v1/namespaces/kube-system/configmaps';

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

const options = () => ({ signal: new AbortController().signal, timeoutMs: 5000 });
const last = () => server.requests.at(-1);

describe('in a pod', () => {
  it('calls as its service account, trusts its CA, and keeps the connection', async () => {
    client = await loadKubeClient(await server.podSurroundings());
    expect(await client.get(path, options())).toMatchObject({ kind: 'ConfigMapList' });
    await client.get(path, options());
    expect(last()?.headers.authorization).toBe('Bearer adapter-token');
    expect(server.connectionsAccepted).toBe(1);
  });

  it('reads a renewed token within a minute', async () => {
    const clock = new TestClock();
    const pod = await server.podSurroundings();
    client = await loadKubeClient({ ...pod, clock });
    await client.get(path, options());
    server.bearers.add('renewed-token');
    await writeFile(join(pod.serviceAccountDir, 'token'), 'renewed-token\n');
    await client.get(path, options());
    expect(last()?.headers.authorization).toBe('Bearer adapter-token');
    clock.advance(60_000);
    await client.get(path, options());
    expect(last()?.headers.authorization).toBe('Bearer renewed-token');
  });

  it('reads the token again at once when the server refuses it', async () => {
    const pod = await server.podSurroundings();
    client = await loadKubeClient({ ...pod, clock: new TestClock() });
    server.bearers.clear();
    server.bearers.add('renewed-token');
    await writeFile(join(pod.serviceAccountDir, 'token'), 'renewed-token');
    await expect(client.get(path, options())).rejects.toMatchObject({ kind: 'status', statusCode: 401 });
    expect(await client.get(path, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('goes on with the last token where the file is gone for a moment', async () => {
    const clock = new TestClock();
    const pod = await server.podSurroundings();
    client = await loadKubeClient({ ...pod, clock });
    await rm(join(pod.serviceAccountDir, 'token'));
    clock.advance(60_000);
    expect(await client.get(path, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('trusts a renewed CA on new connections, and lets go of the old ones', async () => {
    const clock = new TestClock();
    const pod = await server.podSurroundings();
    client = await loadKubeClient({ ...pod, clock });
    await client.get(path, options());
    await writeFile(join(pod.serviceAccountDir, 'ca.crt'), (await createCa('another')).certificate);
    clock.advance(60_000);
    await expect(client.get(path, options())).rejects.toMatchObject({ kind: 'network' });
    await writeFile(join(pod.serviceAccountDir, 'ca.crt'), server.caPem);
    clock.advance(60_000);
    expect(await client.get(path, options())).toMatchObject({ kind: 'ConfigMapList' });
    await waitFor(() => server.openConnections === 1, 1000);
  });

  it('loads no Kubernetes library', async () => {
    const { env, serviceAccountDir } = await server.podSurroundings();
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ resolve: (name, context, next) => (loaded.push(name), next(name, context)) });
      const { loadKubeClient } = await import(${JSON.stringify(resolve('src/kube/client/kube-client.ts'))});
      await loadKubeClient(${JSON.stringify({ env, serviceAccountDir })});
      console.log(loaded.join());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    expect(stdout).toContain('in-cluster-access.ts');
    expect(stdout).not.toMatch(/client-node|kubeconfig|yaml/);
  });

  it('says that it is in no cluster', async () => {
    const loading = loadKubeClient({ env: {} });
    await expect(loading).rejects.toThrow(AdapterError);
    await expect(loading).rejects.toMatchObject({
      code: 'ConfigInvalid',
      what: expect.stringContaining('--kubeconfig') as unknown,
    });
  });

  it('names the file of the service account that is missing', async () => {
    const { env } = await server.podSurroundings();
    await expect(loadKubeClient({ env, serviceAccountDir: '/nowhere' })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      what: expect.stringContaining('/nowhere/token') as unknown,
    });
  });
});
