import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ciValues } from '../charts/support/ci-values.ts';
import { chartDirectory } from '../charts/support/helm.ts';
import { findHelm } from '../support/kubectl.ts';
import { ControlPlane } from './control-plane.ts';
import { apiServiceName } from './loop.ts';
import { deleteAll, newTestRun } from './test-run.ts';

const kubeconfig = process.env['CLUSTER_KUBECONFIG'] ?? '';
const adapter = 'sls-metrics-adapter';
const run = newTestRun();
const name = `${adapter}-${run.id}`;
const values = { config: { sls: { region: 'cn-beijing' } }, commonLabels: run.labels };

let cluster: ControlPlane;
let kinds: string;

beforeAll(async () => {
  cluster = await ControlPlane.connect(kubeconfig);
  kinds = await cluster.kubectl(['api-resources', '-o', 'name']);
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

/** @throws Error with what Helm says */
async function helm(args: readonly string[], input: object = {}): Promise<string> {
  const program = await findHelm();
  if (program === undefined) throw new Error('neither a helm on PATH nor the one of the npm registry');
  const common = ['--kubeconfig', kubeconfig, '--namespace', run.adapterNamespace];
  const running = promisify(execFile)(program, [...args, ...common], { maxBuffer: 1 << 26 });
  running.child.stdin?.end(JSON.stringify(input));
  return (await running).stdout;
}

const certManager = ['certificates.cert-manager.io', 'servicemonitors.monitoring.coreos.com'];

/** Files of values of both charts, with the kinds that a cluster must know besides its own. */
const files = [adapter, 'elastic-inference'].flatMap((chart) =>
  ciValues(chart).map((file) => ({ chart, ...file, needs: file.name === 'cert-manager' ? certManager : [] })),
);

it.each(files)('the API server takes what $chart makes of ci/$name', async ({ chart, file, needs }) => {
  if (!needs.every((kind) => kinds.includes(kind))) return;
  const dryRun = ['install', `dry-${run.id}`, chartDirectory(chart), '--values', file, '--dry-run=server'];
  expect(await helm(dryRun)).toContain('MANIFEST:');
});

interface ApiService {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly caBundle?: string };
}
const apiService = async () => (await cluster.get(['apiservice', apiServiceName])) as ApiService;

const caBundle = Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64');

it('installs, and lets the ServiceAccount of the release put in the caBundle, and no more', async () => {
  await helm(['install', name, chartDirectory(adapter), '--values', '-'], values);
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

it('upgrades in place: the APIService stays the same one, with its caBundle', async () => {
  const patch = JSON.stringify({ spec: { caBundle } });
  await cluster.kubectl(['patch', 'apiservice', apiServiceName, '--type=merge', '-p', patch]);
  const before = await apiService();
  await helm(['upgrade', name, chartDirectory(adapter), '--values', '-'], { ...values, replicas: 3 });
  const after = await apiService();
  expect([after.metadata.uid, after.spec.caBundle]).toEqual([before.metadata.uid, caBundle]);
});

it('is gone after helm uninstall, with all that it made', async () => {
  await helm(['uninstall', name, '--wait']);
  const every =
    'apiservices,clusterroles,clusterrolebindings,rolebindings,deployments,services,configmaps,serviceaccounts';
  const found = ['get', every, '--all-namespaces', '-l', `app.kubernetes.io/instance=${name}`, '-o', 'name'];
  expect(await cluster.kubectl(found)).toBe('');
});
