import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../support/scripted-apiserver.ts';

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

describe('by a kubeconfig', () => {
  it('calls with its token and CA over one connection', async () => {
    client = await loadKubeClient({ kubeconfig: await server.kubeconfigFile() });
    for (let i = 0; i < 3; i++) await client.get(path, options());
    expect(last()?.headers).toMatchObject({
      authorization: 'Bearer adapter-token',
      accept: 'application/json',
    });
    expect(server.connectionsAccepted).toBe(1);
  });

  const edited = async (edit: (config: Record<string, unknown>) => void) => {
    const file = await server.kubeconfigFile();
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    edit(config);
    await writeFile(file, JSON.stringify(config));
    return file;
  };

  it('takes the token from a tokenFile beside it', async () => {
    const kubeconfig = await edited((config) => {
      config['users'] = [{ name: 'adapter', user: { tokenFile: 'my-token' } }];
    });
    await writeFile(join(kubeconfig, '../my-token'), 'adapter-token\n');
    client = await loadKubeClient({ kubeconfig });
    expect(await client.get(path, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('runs an exec plugin for the token', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'adapter-token' },
    };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'echo',
      args: [JSON.stringify(credential)],
      interactiveMode: 'Never',
    };
    const kubeconfig = await edited((config) => {
      config['users'] = [{ name: 'adapter', user: { exec } }];
    });
    client = await loadKubeClient({ kubeconfig });
    expect(await client.get(path, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('fails the call, not the process, where the exec plugin fails', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'false',
      interactiveMode: 'Never',
    };
    const kubeconfig = await edited((config) => {
      config['users'] = [{ name: 'adapter', user: { exec } }];
    });
    client = await loadKubeClient({ kubeconfig });
    await expect(client.get(path, options())).rejects.toMatchObject({ kind: 'access', retryable: true });
  });

  it.each<[string, (config: Record<string, unknown>) => void]>([
    ['no current-context', (config) => delete config['current-context']],
    ['a context of no cluster', (config) => (config['clusters'] = [])],
    ['a context of no user', (config) => (config['users'] = [])],
    [
      'a server that is no URL',
      (config) => (config['clusters'] = [{ name: 'scripted', cluster: { server: 'x' } }]),
    ],
  ])('refuses one with %s', async (_, edit) => {
    const kubeconfig = await edited(edit);
    await expect(loadKubeClient({ kubeconfig })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      what: expect.stringContaining(kubeconfig) as unknown,
    });
  });

  it.each(['', '[', '{"clusters": 3}'])('refuses a file of %j', async (text) => {
    const kubeconfig = await server.kubeconfigFile();
    await writeFile(kubeconfig, text);
    await expect(loadKubeClient({ kubeconfig })).rejects.toMatchObject({ code: 'ConfigInvalid' });
  });

  it('refuses a file that is not there', async () => {
    await expect(loadKubeClient({ kubeconfig: '/nowhere/config' })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      what: expect.stringContaining('/nowhere/config') as unknown,
    });
  });
});
