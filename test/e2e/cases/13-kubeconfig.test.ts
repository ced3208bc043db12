import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { fakeIo, someCredentials } from '../../support/fake-io.ts';
import { startScriptedApiServer } from '../../support/scripted-apiserver.ts';

const apiServer = await startScriptedApiServer();
afterAll(() => apiServer[Symbol.asyncDispose]());

/** Returns the line of the check `kubernetes`. No SLS answers. */
async function kubernetesLine(flags: readonly string[], env: Record<string, string>): Promise<string> {
  const fake = fakeIo({ ...someCredentials, ...env });
  await runProgram(['doctor', '--sls-endpoint', 'http://127.0.0.1:1', ...flags], fake.io);
  return /^.* kubernetes .*(\n {20,}.*)*/m.exec(fake.stdout())?.[0] ?? fake.stdout();
}

/** Splits the kubeconfig of the API server into two files. */
async function halves(): Promise<readonly [string, string]> {
  const file = await apiServer.kubeconfigFile();
  const { users, ...rest } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  const [one, two] = [`${file}-a.yaml`, `${file}-b.yaml`] as const;
  await writeFile(one, JSON.stringify(rest));
  await writeFile(two, JSON.stringify({ users }));
  return [one, two];
}

describe('doctor on a laptop', () => {
  it('merges the files in KUBECONFIG', async () => {
    const files = await halves();
    expect(await kubernetesLine([], { KUBECONFIG: files.join(':') })).toMatch(/^ok .* Kubernetes v/);
  });

  it('uses KUBECONFIG also in a pod', async () => {
    const files = await halves();
    const env = { KUBECONFIG: files.join(':'), KUBERNETES_SERVICE_HOST: '127.0.0.1' };
    expect(await kubernetesLine([], { ...env, KUBERNETES_SERVICE_PORT: '1' })).toMatch(/^ok /);
  });

  it('uses ~/.kube/config if KUBECONFIG is not set', async () => {
    const file = await apiServer.kubeconfigFile();
    const home = dirname(file);
    expect(await kubernetesLine([], { HOME: home })).toMatch(/^skipped .* no cluster is configured here/);
    await mkdir(join(home, '.kube'));
    await copyFile(file, join(home, '.kube/config'));
    expect(await kubernetesLine([], { HOME: home })).toMatch(/^ok /);
  });

  it('prefers --kubeconfig to KUBECONFIG', async () => {
    const file = await apiServer.kubeconfigFile();
    const env = { KUBECONFIG: '/nowhere/config' };
    expect(await kubernetesLine(['--kubeconfig', file], env)).toMatch(/^ok /);
    expect(await kubernetesLine([], env)).toMatch(
      /^failed .* kubeconfig \/nowhere\/config: it does not exist/,
    );
  });

  it('works through kubectl proxy, and names the scheme of an http:// server elsewhere', async () => {
    const proxy = createServer(({ url = '' }, response) => {
      response.statusCode = url.startsWith('/version') ? 200 : 403;
      response.setHeader('Content-Type', 'application/json').end('{"gitVersion":"v1.32.1"}');
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const file = `${await apiServer.kubeconfigFile()}-proxy`;
    const withServer = async (server: string) => {
      const config = {
        clusters: [{ name: 'c', cluster: { server } }],
        users: [{ name: 'u', user: { token: 'secret-token' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      };
      await writeFile(file, JSON.stringify(config));
      return await kubernetesLine(['--kubeconfig', file], {});
    };
    const { port } = proxy.address() as AddressInfo;
    expect(await withServer(`http://127.0.0.1:${port}`)).toMatch(/^ok .* Kubernetes v1\.32\.1/);
    expect(await withServer(`http://localhost:${port}`)).toMatch(/^ok .* Kubernetes v1\.32\.1/);
    const refused = await withServer('http://10.0.0.1:8001');
    expect(refused).toMatch(/^failed .* the server of cluster c is http:\/\/10\.0\.0\.1:8001, without TLS/);
    expect(refused).not.toMatch(/secret-token|no credentials/);
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
});
