import { beforeAll, describe, expect, it } from 'vitest';
import { adapterManifests, renderManifests, type KubernetesObject } from '../support/manifests.ts';
import { kubernetesFaults } from '../charts/support/kubernetes-check.ts';

describe('deploy/adapter', () => {
  let objects: KubernetesObject[];
  beforeAll(async () => {
    objects = await renderManifests(adapterManifests);
  });

  it('renders the adapter and nothing else', () => {
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      'APIService v1beta1.external.metrics.k8s.io',
      'ClusterRole sls-metrics-adapter-apiservice',
      'ClusterRole sls-metrics-adapter-autoscalers',
      'ClusterRole sls-metrics-adapter-metrics-reader',
      'ClusterRoleBinding sls-metrics-adapter-apiservice',
      'ClusterRoleBinding sls-metrics-adapter-auth-delegator',
      'ClusterRoleBinding sls-metrics-adapter-autoscalers',
      'ClusterRoleBinding sls-metrics-adapter-metrics-reader',
      expect.stringMatching(/^ConfigMap sls-metrics-adapter-[a-z0-9]+$/),
      'Deployment sls-metrics-adapter',
      'Namespace sls-metrics-adapter',
      'NetworkPolicy sls-metrics-adapter',
      'PodDisruptionBudget sls-metrics-adapter',
      'RoleBinding sls-metrics-adapter-auth-reader',
      'Service sls-metrics-adapter',
      'ServiceAccount sls-metrics-adapter',
    ]);
  });

  it('conforms to the oldest supported version of Kubernetes and the newest', () =>
    expect(kubernetesFaults(objects)).toEqual([]));

  it('labels every object, and puts namespaced ones into the one Namespace', () => {
    for (const { kind, metadata } of objects) {
      expect(metadata.labels, kind).toMatchObject({ 'app.kubernetes.io/name': 'sls-metrics-adapter' });
      const clusterWide = /^(Namespace|ClusterRole|ClusterRoleBinding|APIService)$/.test(kind);
      const inKubeSystem = kind === 'RoleBinding';
      const expected = inKubeSystem ? 'kube-system' : 'sls-metrics-adapter';
      expect(metadata.namespace, kind).toBe(clusterWide ? undefined : expected);
    }
  });
});
