import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import { configMapsPath, listConfigMaps } from '../kube-harness.ts';
import { createCa } from '../../support/certificates.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
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

describe('a client by a kubeconfig', () => {
  it('calls with its token and CA over kept connections', async () => {
    client = await loadKubeClient({ kubeconfig: await server.kubeconfigFile() });
    for (let i = 0; i < 10; i++) await listConfigMaps(client, options());
    expect(last()?.headers).toMatchObject({
      authorization: 'Bearer adapter-token',
      accept: 'application/json',
    });
    expect(server.connectionsAccepted).toBeLessThanOrEqual(2);
  });

  const edited = async (edit: (config: Record<string, unknown>) => void) => {
    const file = await server.kubeconfigFile();
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    edit(config);
    await writeFile(file, JSON.stringify(config));
    return file;
  };

  const withPlugin = (command: string, ...args: readonly string[]) =>
    edited((config) => {
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'Never' };
      config['users'] = [{ name: 'adapter', user: { exec } }];
    });

  it('reads the token from a tokenFile beside the kubeconfig', async () => {
    const kubeconfig = await edited((config) => {
      config['users'] = [{ name: 'adapter', user: { tokenFile: 'my-token' } }];
    });
    await writeFile(join(kubeconfig, '../my-token'), 'adapter-token\n');
    client = await loadKubeClient({ kubeconfig });
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it.each([
    { username: 'admin', password: 'secret' },
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'false', interactiveMode: 'Never' } },
  ])('calls with the token of a tokenFile alone beside %j', async (more) => {
    const kubeconfig = await edited((config) => {
      config['users'] = [{ name: 'adapter', user: { tokenFile: 'my-token', ...more } }];
    });
    await writeFile(join(kubeconfig, '../my-token'), 'adapter-token\n');
    client = await loadKubeClient({ kubeconfig });
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('takes an empty tokenFile as none', async () => {
    const kubeconfig = await edited((config) => {
      config['users'] = [{ name: 'adapter', user: { token: 'adapter-token', tokenFile: '' } }];
    });
    client = await loadKubeClient({ kubeconfig });
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('runs an exec plugin for the token', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'adapter-token' },
    };
    client = await loadKubeClient({ kubeconfig: await withPlugin('echo', JSON.stringify(credential)) });
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('reads a renewed token of a tokenFile within a minute', async () => {
    const clock = new TestClock();
    const kubeconfig = await edited((config) => {
      config['users'] = [{ name: 'adapter', user: { token: 'unused', tokenFile: 'my-token' } }];
    });
    await writeFile(join(kubeconfig, '../my-token'), 'adapter-token\n');
    client = await loadKubeClient({ kubeconfig, monotonicMs: clock.monotonicMs });
    await listConfigMaps(client, options());
    server.bearers.add('renewed-token');
    await writeFile(join(kubeconfig, '../my-token'), 'renewed-token\n');
    clock.advance(60_000);
    await listConfigMaps(client, options());
    expect(last()?.headers.authorization).toBe('Bearer renewed-token');
  });

  it.each([
    ['has expired', '2020-01-01T00:00:00Z'],
    ['was refused', undefined],
  ])('runs the exec plugin again when its token %s', async (_, expirationTimestamp) => {
    const credential = (token: string) =>
      JSON.stringify({
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: { token, expirationTimestamp },
      });
    const file = join(await server.kubeconfigFile(), '../credential');
    await writeFile(file, credential('adapter-token'));
    client = await loadKubeClient({ kubeconfig: await withPlugin('cat', file) });
    await listConfigMaps(client, options());
    server.bearers.add('renewed-token');
    await writeFile(file, credential('renewed-token'));
    if (expirationTimestamp === undefined) {
      server.bearers.delete('adapter-token');
      await expect(listConfigMaps(client, options())).rejects.toMatchObject({ statusCode: 401 });
    }
    await listConfigMaps(client, options());
    expect(last()?.headers.authorization).toBe('Bearer renewed-token');
  });

  it('runs the exec plugin once for the 401s of five seconds', async () => {
    const clock = new TestClock();
    const runs = join(await server.kubeconfigFile(), '../runs');
    const script = `echo run >> '${runs}'; echo '{"status":{"token":"refused"}}'`;
    const kubeconfig = await withPlugin('sh', '-c', script);
    const runsAfter = async (calls: number) => {
      for (let call = 0; call < calls; call++) await listConfigMaps(loaded, options()).catch(() => undefined);
      return (await readFile(runs, 'utf8')).trim().split('\n').length;
    };
    const loaded = (client = await loadKubeClient({ kubeconfig, monotonicMs: clock.monotonicMs }));
    expect(await runsAfter(5)).toBe(2);
    clock.advance(5000);
    expect(await runsAfter(5)).toBe(3);
  });

  it('calls with a renewed client certificate over new connections', async () => {
    const ca = await createCa('clients');
    const kubeconfig = await edited((config) => {
      const files = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };
      config['users'] = [{ name: 'adapter', user: { token: 'adapter-token', ...files } }];
    });
    const issue = async (cn: string) => {
      const { certificate, key } = await ca.issue({ cn, eku: 'client' });
      await writeFile(join(kubeconfig, '../client.crt'), certificate);
      await writeFile(join(kubeconfig, '../client.key'), key);
    };
    await issue('first');
    client = await loadKubeClient({ kubeconfig });
    await listConfigMaps(client, options());
    expect(last()?.clientName).toBe('first');
    await issue('second');
    await listConfigMaps(client, options());
    expect(last()?.clientName).toBe('second');
    await waitFor(() => server.openConnections === 1);
  });

  it('calls and watches through the proxy of the cluster', async () => {
    const proxy = createServer();
    let tunnels = 0;
    proxy.on('connect', (request, socket) => {
      tunnels++;
      const [host, port] = (request.url ?? '').split(':');
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const kubeconfig = await edited((config) => {
      const [{ cluster }] = config['clusters'] as [{ cluster: Record<string, unknown> }];
      cluster['proxy-url'] = `http://127.0.0.1:${port}`;
    });
    client = await loadKubeClient({ kubeconfig });
    for (let i = 0; i < 5; i++) await listConfigMaps(client, options());
    expect(tunnels).toBeGreaterThan(0);
    expect(tunnels).toBeLessThanOrEqual(2);
    const stop = new AbortController();
    const opened = Promise.withResolvers<undefined>();
    const watching = client.watch(
      configMapsPath,
      {},
      {
        signal: stop.signal,
        silenceMs: 5000,
        opened: () => opened.resolve(undefined),
        received: () => undefined,
      },
    );
    await opened.promise;
    stop.abort(new Error('enough'));
    await expect(watching).rejects.toThrow('enough');
    client.close();
    proxy.close();
  });

  it('fails the call, not the process, if the exec plugin fails', async () => {
    client = await loadKubeClient({ kubeconfig: await withPlugin('false') });
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({
      kind: 'access',
      retryable: true,
    });
  });

  it('ends an exec plugin that writes without end', async () => {
    client = await loadKubeClient({ kubeconfig: await withPlugin('yes') });
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({
      kind: 'access',
      message: expect.stringContaining('exec plugin yes wrote more than 1048576 bytes') as unknown,
    });
  });

  it.each<[string, (config: Record<string, unknown>) => void]>([
    ['no current-context', (config) => delete config['current-context']],
    ['a context without a cluster', (config) => (config['clusters'] = [])],
    ['a context without a user', (config) => (config['users'] = [])],
    [
      'a server that is not a URL',
      (config) => (config['clusters'] = [{ name: 'scripted', cluster: { server: 'x' } }]),
    ],
  ])('refuses a kubeconfig with %s', async (_, edit) => {
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

  it('refuses a file that does not exist', async () => {
    await expect(loadKubeClient({ kubeconfig: '/nowhere/config' })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      what: expect.stringContaining('/nowhere/config') as unknown,
    });
  });
});
