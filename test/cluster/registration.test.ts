import { beforeAll, describe, expect, it } from 'vitest';
import { kubernetesFaults } from '../charts/support/kubernetes-check.ts';
import { only } from '../support/manifests.ts';
import { renderGuide } from '../charts/elastic-inference/chart.ts';
import { guideOverrides, hpaName, routeOf, volumeOf } from './guide.ts';
import { registrationOf, type Registration } from './registration.ts';
import { newTestRun } from './test-run.ts';

const run = newTestRun();
let registration: Registration;

beforeAll(async () => {
  registration = await registrationOf(run, 'localhost', 16443);
}, 60_000);

describe('the registration of a cluster test', () => {
  it('labels every object, and gives cluster-wide objects names of its own, except the APIService', () => {
    for (const { kind, metadata } of registration.objects) {
      expect(metadata.labels, kind).toMatchObject(run.labels);
      if (metadata.namespace === run.adapterNamespace || kind === 'APIService') continue;
      expect(metadata.name).toMatch(new RegExp(`-${run.id}$`));
    }
  });

  it('points the APIService to this machine', () => {
    const { name, namespace } = only(registration.objects, 'Service').metadata;
    expect(only(registration.objects, 'Service')).toMatchObject({
      spec: { type: 'ExternalName', externalName: 'localhost' },
    });
    expect(only(registration.objects, 'APIService')).toMatchObject({
      metadata: { name: 'v1beta1.external.metrics.k8s.io' },
      spec: { service: { name, namespace, port: 16443 } },
    });
    expect(namespace).toBe(run.adapterNamespace);
  });

  it('binds the ServiceAccount of the run to the roles of the run', () => {
    const text = JSON.stringify(registration.objects);
    expect(text).not.toContain('"namespace":"sls-metrics-adapter"');
    const binding = only<{ roleRef: object; subjects: object[] }>(
      registration.objects,
      'ClusterRoleBinding',
      `sls-metrics-adapter-apiservice-${run.id}`,
    );
    expect(binding.roleRef).toMatchObject({ name: `sls-metrics-adapter-apiservice-${run.id}` });
    expect(binding.subjects).toMatchObject([{ namespace: run.adapterNamespace }]);
  });

  it('is valid Kubernetes, and so is the guide', async () => {
    const workload = await renderGuide(
      guideOverrides(run, { project: 'k8s-log-c1', logstore: 'nginx-ingress' }),
      {
        namespace: run.workloadNamespace,
      },
    );
    expect(kubernetesFaults([...registration.objects, ...workload])).toEqual([]);
    expect(JSON.stringify(only(workload, 'HorizontalPodAutoscaler', hpaName))).toContain(routeOf(run));
    expect(only(workload, 'PersistentVolume').metadata.name).toBe(volumeOf(run.id));
  }, 60_000);

  it('names a route that fits a label value', () => {
    expect(routeOf(run).length).toBeLessThanOrEqual(63);
  });
});
