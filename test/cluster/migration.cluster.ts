import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chartDirectory } from '../charts/support/helm.ts';
import { ControlPlane } from './control-plane.ts';
import { helm } from './helm.ts';
import { apiServiceName } from './loop.ts';
import { deleteAll, newTestRun } from './test-run.ts';

// docs/migrate.md, against an APIService as the stock adapter of ACK has it.
const run = newTestRun();
const name = `sls-metrics-adapter-${run.id}`;
const ownService = { name, namespace: run.adapterNamespace };
const stockService = { name: 'alibaba-cloud-metrics-adapter', namespace: 'kube-system' };
const values = { config: { sls: { region: 'cn-beijing' } }, commonLabels: run.labels };
const beside = { ...values, apiService: { create: false } };
const caBundle = Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64');

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await ControlPlane.connect(process.env['CLUSTER_KUBECONFIG'] ?? '');
  const found = ['get', 'apiservice', apiServiceName, '--ignore-not-found', '-o', 'name'];
  const provider = await cluster.kubectl(found);
  if (provider !== '') throw new Error(`the cluster has a provider of external metrics: ${provider}`);
  const metadata = { name: run.adapterNamespace, labels: run.labels };
  await cluster.create([{ apiVersion: 'v1', kind: 'Namespace', metadata }]);
});
beforeEach(async ({ signal }) => {
  cluster.signal = signal;
  await cluster.create([stockApiService]);
});
afterEach(async () => {
  await helm(cluster, run.adapterNamespace, ['uninstall', name, '--wait', '--ignore-not-found']);
  await cluster.kubectl(['delete', 'apiservice', apiServiceName, '--ignore-not-found']);
});
afterAll(async () => {
  await deleteAll(cluster, run);
  await cluster[Symbol.asyncDispose]();
});

const stockApiService = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: {
    name: apiServiceName,
    labels: { ...run.labels, 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: {
      'meta.helm.sh/release-name': 'ack-alibaba-cloud-metrics-adapter',
      'meta.helm.sh/release-namespace': 'kube-system',
    },
  },
  spec: {
    ...{ group: 'external.metrics.k8s.io', version: 'v1beta1' },
    ...{ groupPriorityMinimum: 100, versionPriority: 100 },
    insecureSkipTLSVerify: true,
    service: stockService,
  },
};

const runHelm = (command: 'install' | 'upgrade', own: object, ...flags: readonly string[]) =>
  helm(
    cluster,
    run.adapterNamespace,
    [command, name, chartDirectory('sls-metrics-adapter'), '--values', '-', ...flags],
    own,
  );

/** Returns what Helm says when it refuses. */
const refusalOf = (...args: Parameters<typeof runHelm>): Promise<string> =>
  runHelm(...args).then(
    () => {
      throw new Error('Helm did not refuse');
    },
    (error: unknown) => String(error),
  );

/** Runs the commands of a text that begin with `kubectl patch` and have the given words. */
async function patchAsTold(text: string, words: string): Promise<void> {
  const line = text.split('\n').find((one) => one.trim().startsWith('kubectl patch') && one.includes(words));
  const [, target, patch] = /^ *kubectl patch (.*) -p '(.*)'$/.exec(line ?? '') ?? [];
  if (target === undefined || patch === undefined) throw new Error(`no such command in: ${text}`);
  await cluster.kubectl(['patch', ...target.split(' '), '-p', patch]);
}

const spec = async () =>
  ((await cluster.get(['apiservice', apiServiceName])) as { spec: Record<string, unknown> }).spec;

describe('chart sls-metrics-adapter over the APIService of the stock adapter', () => {
  it.each([
    [[]],
    [['--take-ownership']],
    [['--take-ownership', '--force-conflicts']],
    [['--dry-run=server']],
  ])('refuses to install with flags %j before it changes anything, and says what to type', async (flags) => {
    const said = await refusalOf('install', values, ...flags);
    expect(said).toContain(
      'belongs to Service kube-system/alibaba-cloud-metrics-adapter, and to Helm release ack-alibaba-cloud-metrics-adapter in namespace kube-system',
    );
    expect(said).toContain('--set apiService.create=false');
    expect(await spec()).toMatchObject(stockApiService.spec);
    const releases = ['get', 'secrets', '-n', run.adapterNamespace, '-l', 'owner=helm', '-o', 'name'];
    expect(await cluster.kubectl(releases)).toBe('');
  });

  it('takes over and gives back by the commands of the refusal, and its uninstall deletes nothing', async () => {
    const said = await refusalOf('install', values);
    const notes = await runHelm('install', beside);
    expect(await spec()).toMatchObject(stockApiService.spec);

    expect(notes).not.toMatch(/is served by|rollout status|helm test|kubectl get apiservice/);
    await patchAsTold(notes, run.adapterNamespace);
    expect(await spec()).toMatchObject({ service: ownService });
    expect(await spec()).not.toHaveProperty('insecureSkipTLSVerify');
    // What the adapter writes.
    await cluster.kubectl([
      'patch',
      'apiservice',
      apiServiceName,
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { caBundle } }),
    ]);
    const served = await runHelm('upgrade', beside);
    expect(served).toContain(`names the Service ${name} of this release`);
    expect(served).toContain('kubectl rollout status');
    // The stock release still owns it.
    expect(await refusalOf('upgrade', values)).toContain('It already names the Service of this release');

    await helm(cluster, run.adapterNamespace, ['uninstall', name, '--wait']);
    expect(await spec()).toMatchObject({ service: ownService, caBundle });
    await patchAsTold(said, stockService.name);
    expect(await spec()).toMatchObject(stockApiService.spec);
    expect(await spec()).not.toHaveProperty('caBundle');
  });

  it('refuses to own an APIService that was taken over, also one without labels of Helm', async () => {
    const unlabelled = JSON.stringify({ metadata: { annotations: null, labels: null } });
    await cluster.kubectl(['patch', 'apiservice', apiServiceName, '--type=merge', '-p', unlabelled]);
    await patchAsTold(await runHelm('install', beside), run.adapterNamespace);
    for (const flags of [[], ['--take-ownership']]) {
      const said = await refusalOf('upgrade', values, ...flags);
      expect(said).toContain('It already names the Service of this release, which did not create it');
      expect(said).not.toContain('invalid ownership metadata');
    }
    await cluster.kubectl(['delete', 'apiservice', apiServiceName]);
    await runHelm('upgrade', values);
    expect(await spec()).toMatchObject({ service: ownService });
  });

  it('adopts the APIService of deploy/adapter by --take-ownership', async () => {
    await cluster.kubectl(['delete', 'apiservice', apiServiceName]);
    const labels = { ...run.labels, 'app.kubernetes.io/name': 'sls-metrics-adapter' };
    const metadata = { name: apiServiceName, labels };
    const manifest = {
      ...stockApiService,
      metadata,
      spec: { ...stockApiService.spec, service: ownService },
    };
    await cluster.create([manifest]);
    await runHelm('install', values, '--take-ownership');
    expect(await spec()).toMatchObject({ service: ownService });
  });

  it('owns the APIService once the release of the stock adapter has deleted its own', async () => {
    await runHelm('install', beside);
    await cluster.kubectl(['delete', 'apiservice', apiServiceName]);
    await runHelm('upgrade', values);
    expect(await spec()).toMatchObject({ service: ownService });
    await runHelm('upgrade', { ...values, replicas: 3 });
  });

  it('loses the APIService by a rollback to a revision without it, as docs/migrate.md warns', async () => {
    await runHelm('install', beside);
    await cluster.kubectl(['delete', 'apiservice', apiServiceName]);
    await runHelm('upgrade', values);
    await runHelm('upgrade', { ...values, replicas: 3 });
    const rollback = (revision: string) => helm(cluster, run.adapterNamespace, ['rollback', name, revision]);
    await rollback('2');
    expect(await spec()).toMatchObject({ service: ownService });
    await rollback('1');
    await expect(spec()).rejects.toThrow('NotFound');
    await runHelm('upgrade', values);
    expect(await spec()).toMatchObject({ service: ownService });
  });

  // Helm renders no template for a rollback, so the chart cannot refuse it.
  it('keeps the APIService of another provider after a failed rollback, as docs/install.md says', async () => {
    await cluster.kubectl(['delete', 'apiservice', apiServiceName]);
    await runHelm('install', values);
    await runHelm('upgrade', beside);
    await cluster.create([stockApiService]);
    const rollback = helm(cluster, run.adapterNamespace, ['rollback', name, '1']);
    await expect(rollback).rejects.toThrow(/APIService with the name .* (not )?found/);
    await cluster.kubectl(['annotate', 'apiservice', apiServiceName, 'helm.sh/resource-policy=keep']);
    await runHelm('upgrade', beside);
    await cluster.kubectl(['annotate', 'apiservice', apiServiceName, 'helm.sh/resource-policy-']);
    await helm(cluster, run.adapterNamespace, ['uninstall', name, '--wait']);
    expect(await spec()).toMatchObject(stockApiService.spec);
  });

  it('refuses to take back what was given to another provider, and says how that one keeps it', async () => {
    await cluster.kubectl(['delete', 'apiservice', apiServiceName]);
    await runHelm('install', values);
    const patch = JSON.stringify({
      spec: { service: stockService, insecureSkipTLSVerify: true, caBundle: null },
    });
    await cluster.kubectl(['patch', 'apiservice', apiServiceName, '--type=merge', '-p', patch]);
    const said = await refusalOf('upgrade', values);
    const [, object = ''] = /echo '(.*)' \| kubectl create -f -$/m.exec(said) ?? [];
    await helm(cluster, run.adapterNamespace, ['uninstall', name, '--wait']);
    await cluster.kubectl(['create', '-f', '-'], object);
    expect(await spec()).toMatchObject(stockApiService.spec);
  });
});

it('chart sls-metrics-adapter tells a user of KEDA to keep the APIService of KEDA', async () => {
  const service = { name: 'keda-operator-metrics-apiserver', namespace: 'keda' };
  const patch = JSON.stringify({ metadata: { annotations: null }, spec: { service } });
  await cluster.kubectl(['patch', 'apiservice', apiServiceName, '--type=merge', '-p', patch]);
  const said = await refusalOf('install', values);
  expect(said).toMatch(
    /belongs to Service keda\/keda-operator-metrics-apiserver\. [^]*Keep it: run this command again with\s+--set apiService\.create=false/,
  );
  expect(said).not.toContain('kubectl patch');
});
