import { beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../support/manifests.ts';
import { helmMajors, lintChart, renderChart, type ChartInput } from '../../charts/support/helm.ts';
import { kubernetesFaults } from '../../charts/support/kubernetes-check.ts';
import { chart, renderGuide, valueFiles } from '../../charts/elastic-inference/chart.ts';

const apiVersions = ['monitoring.coreos.com/v1'];

describe.each(valueFiles)('the values of $name', ({ file }) => {
  const input: ChartInput = { chart, valueFiles: [file], apiVersions };

  it.each(helmMajors)('are accepted by `helm lint --strict` of Helm %i', async (helm) => {
    await lintChart({ ...input, helm });
  });

  it('render to the same objects under Helm 3 and 4', async () => {
    const [three, four] = await Promise.all(
      helmMajors.map((helm) => renderChart({ ...input, helm, kubeVersion: '1.30.0' })),
    );
    expect(three).toEqual(four);
    expect(three?.length).toBeGreaterThan(3);
  });
});

/** Combinations that the files above do not cover. */
const matrix: readonly object[] = ['none', 'eci', 'eci_only'].flatMap((mode) =>
  ['virtualNode', 'annotation', 'label', 'resourcePolicy']
    .filter((by) => !(by === 'label' && mode === 'eci') && !(by === 'resourcePolicy' && mode === 'eci_only'))
    .map((by) => ({ burst: { mode, by }, gpu: { count: mode === 'none' ? 0 : 1 } })),
);

/** null is a key without a value in YAML. */
const leftEmpty = {
  ...{ imagePullSecrets: null, resources: null, strategy: null, extraArgs: null, env: null },
  ...{ podAnnotations: null, podLabels: null, nodeSelector: null, tolerations: null, affinity: null },
  ...{
    topologySpreadConstraints: null,
    service: { annotations: null },
    storage: { oss: { attributes: null } },
  },
  ...{ extraVolumes: null, extraVolumeMounts: null, initContainers: null, extraObjects: null },
  server: { command: null },
  ingress: { annotations: null, backend: 'grpc', tlsSecretName: 'example-com' },
  autoscaling: { behavior: null, sls: { labels: null } },
  burst: { mode: 'eci', by: 'virtualNode', vSwitches: null },
  metrics: { serviceMonitor: { labels: null } },
};

describe('every object of elastic-inference', () => {
  let objects: KubernetesObject[];
  beforeAll(async () => {
    const renders = await Promise.all([
      ...valueFiles.flatMap(({ file }) =>
        ['1.26.0', '1.36.0'].map((kubeVersion) =>
          renderChart({ chart, valueFiles: [file], apiVersions, kubeVersion }),
        ),
      ),
      ...[...matrix, leftEmpty].map((values) => renderGuide(values)),
    ]);
    objects = renders.flat();
  });

  it('conforms to Kubernetes 1.26 and the newest version', () => {
    expect(kubernetesFaults(objects)).toEqual([]);
  });

  it('has the labels of its release', () => {
    for (const { kind, metadata } of objects)
      expect(metadata.labels, kind).toMatchObject({
        'app.kubernetes.io/name': 'elastic-inference',
        'app.kubernetes.io/managed-by': 'Helm',
      });
  });
});

describe('elastic-inference on Kubernetes 1.22', () => {
  it('uses autoscaling/v2beta2, and no field of a later version', async () => {
    const objects = await renderGuide({}, { kubeVersion: '1.22.0' });
    const text = JSON.stringify(objects);
    expect(text).toContain('"apiVersion":"autoscaling/v2beta2"');
    expect(text).not.toContain('unhealthyPodEvictionPolicy');
    expect(kubernetesFaults(objects, ['before 1.26'])).toEqual([]);
  });
});
