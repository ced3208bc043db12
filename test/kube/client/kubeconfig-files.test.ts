import { once } from 'node:events';
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import { kubeconfigsOf } from '../../../src/kube/client/kubeconfig-files.ts';
import { listConfigMaps } from '../kube-harness.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../support/scripted-apiserver.ts';

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

describe('several kubeconfig files', () => {
  /** Writes parts of the scripted kubeconfig into files of their own. */
  const parts = async (...texts: ((config: Record<string, unknown>) => unknown)[]) => {
    const file = await server.kubeconfigFile();
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    const files = texts.map((_, index) => join(file, `../part-${index}`));
    for (const [index, text] of texts.entries())
      await writeFile(files[index] ?? '', JSON.stringify(text(config)));
    return files;
  };

  it('are merged like kubectl does: the first entry of a name wins, missing files are skipped', async () => {
    const unusable = { name: 'scripted', cluster: { server: 'https://127.0.0.1:1' } };
    const [one = '', two = '', three = ''] = await parts(
      ({ clusters }) => ({ clusters }),
      ({ contexts, users }) => ({ contexts, users, clusters: [unusable], 'current-context': 'scripted' }),
      () => ({ 'current-context': 'other', users: [{ name: 'adapter', user: { token: 'wrong' } }] }),
    );
    client = await loadKubeClient({ kubeconfig: [one, '/nowhere/config', two, three] });
    await listConfigMaps(client, options());
    expect(last()?.headers.authorization).toBe('Bearer adapter-token');
  });

  it('may have relative paths, each from its own directory', async () => {
    const [one = '', two = ''] = await parts(
      ({ clusters, contexts }) => ({ clusters, contexts, 'current-context': 'scripted' }),
      () => ({ users: [{ name: 'adapter', user: { tokenFile: 'my-token' } }] }),
    );
    await mkdir(join(two, '../users'));
    await rename(two, join(two, '../users/config'));
    await writeFile(join(two, '../users/my-token'), 'adapter-token');
    client = await loadKubeClient({ kubeconfig: [one, join(two, '../users/config')] });
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('may be empty', async () => {
    const [one = ''] = await parts((config) => config);
    await writeFile(`${one}-empty`, '');
    client = await loadKubeClient({ kubeconfig: [`${one}-empty`, one] });
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it.each([[['/nowhere/config']], [['/nowhere/a', '/nowhere/b']]])(
    'are refused if none exists: %j',
    async (kubeconfig) => {
      await expect(loadKubeClient({ kubeconfig })).rejects.toMatchObject({
        code: 'ConfigInvalid',
        what: expect.stringMatching(/^kubeconfig \/nowhere.*exists?$/) as unknown,
      });
    },
  );

  it('are those of KUBECONFIG, else the one in the home directory', async () => {
    const [one = ''] = await parts((config) => config);
    const home = join(one, '..', 'home');
    const file = join(home, '.kube', 'config');
    expect(kubeconfigsOf({ KUBECONFIG: 'a.yaml:b.yaml', HOME: home })).toEqual(['a.yaml', 'b.yaml']);
    expect(kubeconfigsOf({ KUBECONFIG: '', HOME: home })).toEqual([]);
    await mkdir(join(home, '.kube'), { recursive: true });
    await copyFile(one, file);
    expect(kubeconfigsOf({ KUBECONFIG: '', HOME: home })).toEqual([file]);
    expect(kubeconfigsOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1', HOME: home })).toBeUndefined();
    expect(kubeconfigsOf({})).toEqual([]);
  });
});

describe('a kubeconfig with an auth-provider that would stop the process while its command runs', () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'true' };

  it.each([
    ['gcp', 'gke-gcloud-auth-plugin', {}],
    ['azure', 'kubelogin', {}],
    ['gcp', 'gke-gcloud-auth-plugin', { exec, token: 'adapter-token' }],
  ])('is refused with what to write instead: %s, %s, %j', async (name, plugin, more) => {
    const file = await server.kubeconfigFile();
    const ran = join(file, '../ran');
    const config = {
      'cmd-path': 'touch',
      'cmd-args': ran,
      'token-key': '{.token}',
      'expiry-key': '{.expiry}',
    };
    const kubeconfig = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    kubeconfig['users'] = [{ name: 'adapter', user: { ...more, 'auth-provider': { name, config } } }];
    await writeFile(file, JSON.stringify(kubeconfig));
    await expect(loadKubeClient({ kubeconfig: file })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      what: expect.stringMatching(
        new RegExp(`auth-provider ${name} of user adapter is not supported.*exec plugin.*${plugin}$`),
      ) as unknown,
    });
    await expect(readFile(ran)).rejects.toThrow('ENOENT');
  });
});

describe('a kubeconfig whose server has no TLS', () => {
  const edited = async (edit: (config: Record<string, unknown>) => void) => {
    const file = await server.kubeconfigFile();
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    edit(config);
    await writeFile(file, JSON.stringify(config));
    return file;
  };

  it('is called on loopback, where kubectl proxy listens', async () => {
    const list = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: {}, items: [] };
    const proxy = createServer((_, response) =>
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(list)),
    );
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const kubeconfig = await edited((config) => {
      config['clusters'] = [{ name: 'scripted', cluster: { server: `http://127.0.0.1:${port}/` } }];
    });
    client = await loadKubeClient({ kubeconfig });
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });

  it.each(['http://10.0.0.1:8001', 'http://127.example.com', 'http://api.example.com'])(
    'is refused elsewhere: %s',
    async (url) => {
      const kubeconfig = await edited((config) => {
        config['clusters'] = [{ name: 'scripted', cluster: { server: url } }];
      });
      await expect(loadKubeClient({ kubeconfig })).rejects.toMatchObject({
        code: 'ConfigInvalid',
        what: expect.stringContaining(`the server of cluster scripted is ${url}, without TLS`) as unknown,
      });
    },
  );
});
