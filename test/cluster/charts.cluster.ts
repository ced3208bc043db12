import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ciValues, exampleValues } from '../charts/support/ci-values.ts';
import { chartDirectory } from '../charts/support/helm.ts';
import { parseObjects, renderManifests, type KubernetesObject } from '../support/manifests.ts';
import { ControlPlane } from './control-plane.ts';
import { helm } from './helm.ts';
import { apiServiceName } from './loop.ts';
import { deleteAll, newTestRun } from './test-run.ts';

const kubeconfig = process.env['CLUSTER_KUBECONFIG'] ?? '';
const adapter = 'sls-metrics-adapter';
const run = newTestRun();
const name = `${adapter}-${run.id}`;
const values = { config: { sls: { region: 'cn-beijing' } }, commonLabels: run.labels };

let cluster: ControlPlane;
let apiVersions: readonly string[];
const ownHelm = (args: readonly string[], input?: object) => helm(cluster, run.adapterNamespace, args, input);

beforeAll(async () => {
  cluster = await ControlPlane.connect(kubeconfig);
  apiVersions = (await cluster.kubectl(['api-versions'])).split('\n');
  const found = await cluster.kubectl([
    'get',
    'apiservice',
    apiServiceName,
    '--ignore-not-found',
    '-o',
    'name',
  ]);
  if (found !== '') throw new Error(`the cluster has a provider of external metrics: ${found}`);
  const metadata = { name: run.adapterNamespace, labels: run.labels };
  await cluster.create([{ apiVersion: 'v1', kind: 'Namespace', metadata }]);
});
beforeEach(({ signal }) => {
  cluster.signal = signal;
});
afterAll(async () => {
  await deleteAll(cluster, run);
  await cluster[Symbol.asyncDispose]();
});

/** The values files of both charts. */
const files = [adapter, 'elastic-inference'].flatMap((chart) =>
  [...ciValues(chart), ...exampleValues(chart)].map((file) => ({ chart, ...file })),
);

it.each(files)('the API server accepts chart $chart with $name', async ({ chart, file }) => {
  // Hooks need the objects before them, which a dry run does not create. Scaling to 0 is on by default from 1.37.
  const leastReplicas = chart === adapter ? [] : ['--set', 'autoscaling.minReplicas=1'];
  const args = [
    'template',
    `dry-${run.id}`,
    chartDirectory(chart),
    '--values',
    file,
    '--no-hooks',
    ...leastReplicas,
  ];
  await expectAccepted(parseObjects(await ownHelm(args)));
});

const overlays = resolve(import.meta.dirname, '../../deploy/bert-tfserving/overlays');

it.each(readdirSync(overlays))(
  'the API server accepts deploy/bert-tfserving/overlays/%s',
  async (overlay) => {
    await expectAccepted(await renderManifests(join(overlays, overlay)));
  },
);

/** Sends the objects as a dry run, but for those whose API version the cluster does not have. */
async function expectAccepted(rendered: readonly KubernetesObject[]): Promise<void> {
  const objects = rendered.map(inOwnNamespace);
  const served = objects.filter(({ apiVersion }) => apiVersions.includes(apiVersion));
  // Custom resources of operators, and the API version that the guide's clusters have.
  for (const { apiVersion } of objects.filter((object) => !served.includes(object)))
    expect(apiVersion).toMatch(
      /^(cert-manager\.io|gateway\.networking\.k8s\.io|monitoring\.coreos\.com|scheduling\.alibabacloud\.com)\/|^autoscaling\/v2beta2$/,
    );
  const dryRun = ['create', '--dry-run=server', '--validate=strict', '-f', '-', '-o', 'name'];
  const taken: string[] = [];
  for (const [namespace, items] of Map.groupBy(served, ({ metadata }) => metadata.namespace)) {
    const list = { apiVersion: 'v1', kind: 'List', items };
    const into = ['-n', namespace ?? run.adapterNamespace];
    taken.push(...(await cluster.kubectl([...dryRun, ...into], JSON.stringify(list))).trim().split('\n'));
  }
  expect(taken).toHaveLength(served.length);
}

/** The namespace of another product, such as `monitoring`, may be missing in the cluster. */
function inOwnNamespace(object: KubernetesObject): KubernetesObject {
  const { namespace } = object.metadata;
  if (namespace === undefined || namespace === 'kube-system') return object;
  return { ...object, metadata: { ...object.metadata, namespace: run.adapterNamespace } };
}

interface ApiService {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly caBundle?: string };
}
const apiService = async () => (await cluster.get(['apiservice', apiServiceName])) as ApiService;

const caBundle = Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64');

it('chart sls-metrics-adapter installs, and its ServiceAccount may patch the caBundle only', async () => {
  await ownHelm(['install', name, chartDirectory(adapter), '--values', '-'], values);
  const own = await cluster.kubeconfigOf(run.adapterNamespace, name);
  const may = async (...what: readonly string[]) =>
    (await cluster.kubectl(['auth', 'can-i', ...what, '--quiet'], '', own.file).catch(() => 'no')) === '';
  expect(await may('patch', `apiservices/${apiServiceName}`)).toBe(true);
  expect(await may('list', 'horizontalpodautoscalers', '--all-namespaces')).toBe(true);
  expect(await may('create', 'subjectaccessreviews')).toBe(true);
  for (const other of [
    ['patch', 'apiservices/v1.apps'],
    ['get', 'secrets'],
    ['list', 'pods', '--all-namespaces'],
    ['update', 'horizontalpodautoscalers', '--all-namespaces'],
  ])
    expect(await may(...other), other.join(' ')).toBe(false);
});

it('chart sls-metrics-adapter upgrades in place and keeps the APIService with its caBundle', async () => {
  const patch = JSON.stringify({ spec: { caBundle } });
  await cluster.kubectl(['patch', 'apiservice', apiServiceName, '--type=merge', '-p', patch]);
  const before = await apiService();
  await ownHelm(['upgrade', name, chartDirectory(adapter), '--values', '-'], { ...values, replicas: 3 });
  const after = await apiService();
  expect([after.metadata.uid, after.spec.caBundle]).toEqual([before.metadata.uid, caBundle]);
});

it('helm uninstall deletes everything that chart sls-metrics-adapter created', async () => {
  await ownHelm(['uninstall', name, '--wait']);
  const every =
    'apiservices,clusterroles,clusterrolebindings,rolebindings,deployments,services,configmaps,serviceaccounts';
  const found = ['get', every, '--all-namespaces', '-l', `app.kubernetes.io/instance=${name}`, '-o', 'name'];
  expect(await cluster.kubectl(found)).toBe('');
});
