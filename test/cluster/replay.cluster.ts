import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hpaYaml, replay, writeFiles } from '../cli/replay/hpa-files.ts';
import type { KubernetesObject } from '../support/manifests.ts';
import { ControlPlane } from './control-plane.ts';
import { deleteAll, deleteByHand, newTestRun } from './test-run.ts';

const run = newTestRun();
const namespace = run.workloadNamespace;
const labels = { 'sls.project': 'k8s-log-c1', 'sls.logstore': 'nginx-ingress' };
const manifest = hpaYaml({ labels, spec: { behavior: { scaleDown: { stabilizationWindowSeconds: 120 } } } });
let cluster: ControlPlane;
let counts = '';
let hpaFile = '';

beforeAll(async () => {
  cluster = await ControlPlane.connect(process.env['CLUSTER_KUBECONFIG'] ?? '');
  console.log(`run ${run.id}; should it be killed, delete what is left: ${deleteByHand}`);
  const hpa = parse(manifest) as KubernetesObject;
  await cluster.create([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: run.labels } },
    { ...hpa, metadata: { ...hpa.metadata, namespace, labels: run.labels } },
  ]);
  const rows = Array.from({ length: 1800 }, (_, second) => {
    const rate = second % 600 < 300 ? 20 : 70;
    return `${1_700_000_000 + second},${rate}`;
  });
  [counts = '', hpaFile = ''] = await writeFiles(
    ['counts.csv', `time,requests\n${rows.join('\n')}`],
    ['hpa.yaml', manifest],
  );
});
afterAll(async () => {
  await deleteAll(cluster, run);
  await cluster[Symbol.asyncDispose]();
});

const replayed = (name: string, ...more: readonly string[]) =>
  replay(['--hpa', name, '--counts', counts, '-o', 'json', ...more]);

it('replays an HPA of the cluster as one of a file, with the version of the cluster', async () => {
  const inCluster = await replayed(`${namespace}/web`, '--kubeconfig', cluster.kubeconfig);
  expect(inCluster.stderr).toBe('');
  const version = (await cluster.kubectl(['version', '-o', 'json'])).replaceAll(/\s/g, '');
  const [, minor = ''] = /"serverVersion":\{[^}]*"minor":"(\d+)/.exec(version) ?? [];
  expect(inCluster.json()).toMatchObject({ hpa: `${namespace}/web`, kubernetes: `1.${minor}` });
  const fromFile = await replayed(hpaFile, '--kube-version', `1.${minor}`);
  const [ofCluster, ofFile] = [inCluster.json().runs[0], fromFile.json().runs[0]];
  expect(ofCluster?.replicas.length).toBeGreaterThan(4);
  expect(ofCluster?.replicas).toEqual(ofFile?.replicas);
  expect(ofCluster?.podHours).toBe(ofFile?.podHours);
});

it('says in one line that the cluster has no such HPA', async () => {
  const missing = await replayed(`${namespace}/gone`, '--kubeconfig', cluster.kubeconfig);
  expect([missing.code, missing.stdout]).toEqual([1, '']);
  expect(missing.stderr).toMatch(
    /^sls-metrics-adapter: --hpa \S+\/gone: .*"gone" not found.* List the HPAs with: kubectl get hpa --all-namespaces\. \(HpaInvalid\)\n$/,
  );
});
