import { describe, expect, it } from 'vitest';
import { only } from '../../support/manifests.ts';
import { renderNotes } from '../support/helm.ts';
import { guide, onlyContainer, renderGuide, type Serving } from './chart.ts';

async function modelConfig(versionPolicy: object): Promise<string | undefined> {
  const objects = await renderGuide({ model: { versionPolicy } });
  const { data } = only<{ data: Record<string, string> }>(objects, 'ConfigMap');
  return /model_version_policy \{([^]*?)\n {4}\}/
    .exec(data['model.config'] ?? '')?.[1]
    ?.replaceAll(/\s+/g, ' ')
    .trim();
}

describe('which versions are served', { timeout: 60_000 }, () => {
  it.each([
    ['the newest', { specific: [], latest: 2 }, 'latest { num_versions: 2 }'],
    ['all', { specific: [], all: true }, 'all { }'],
    [
      'some, however large their numbers',
      { specific: [1623831335, 1700000000000] },
      'specific { versions: 1623831335 versions: 1700000000000 }',
    ],
  ])('%s', async (_, policy, expected) => {
    expect(await modelConfig(policy)).toBe(expected);
  });

  it('rolls the pods with a change, and only then', async () => {
    const checksum = async (values: object) =>
      only<Serving>(await renderGuide(values), 'Deployment').spec.template.metadata.annotations[
        'checksum/config'
      ];
    const [first, same, other] = await Promise.all([
      checksum({}),
      checksum({ autoscaling: { qps: 20 } }),
      checksum({ model: { versionPolicy: { specific: [7] } } }),
    ]);
    expect(same).toBe(first);
    expect(other).not.toBe(first);
  });
});

describe('the server', { timeout: 60_000 }, () => {
  it('tells its own metrics where the ServiceMonitor looks', async () => {
    const objects = await renderGuide({ metrics: { serviceMonitor: { enabled: true } } });
    const { data } = only<{ data: Record<string, string> }>(objects, 'ConfigMap');
    const path = /path: "(.*)"/.exec(data['monitoring.config'] ?? '')?.[1];
    expect(path).toBe('/monitoring/prometheus/metrics');
    expect(only(objects, 'ServiceMonitor')).toMatchObject({
      spec: { endpoints: [{ port: 'http-serving', path }] },
    });
    const container = onlyContainer(only<Serving>(objects, 'Deployment'));
    expect(container.args).toContain('--monitoring_config_file=/etc/tensorflow-serving/monitoring.config');
  });

  it('has a CPU alone without a GPU', async () => {
    const objects = await renderGuide({ gpu: { count: 0 }, resources: { requests: { cpu: '2' } } });
    expect(onlyContainer(only<Serving>(objects, 'Deployment')).resources).toEqual({ requests: { cpu: '2' } });
  });

  it('has its GPUs besides other limits', async () => {
    const objects = await renderGuide({ gpu: { count: 2 }, resources: { limits: { memory: '8Gi' } } });
    expect(onlyContainer(only<Serving>(objects, 'Deployment')).resources).toEqual({
      limits: { memory: '8Gi', 'nvidia.com/gpu': '2' },
    });
  });

  it('goes on serving while the Ingress forgets it, and has time for the last requests', async () => {
    const deployment = only<Serving>(await renderGuide({ drainSeconds: 20 }), 'Deployment');
    expect(onlyContainer(deployment)).toMatchObject({
      lifecycle: { preStop: { exec: { command: ['sleep', '20'] } } },
    });
    expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBe(50);
  });

  it('gives its GPU back before another pod takes it, where that is wished for', async () => {
    // Beside another type Kubernetes refuses rollingUpdate, which is in the values by default.
    expect(only(await renderGuide({ strategy: { type: 'Recreate' } }), 'Deployment')).toHaveProperty(
      'spec.strategy',
      { type: 'Recreate' },
    );
  });

  it('has a number of pods where no HPA has it', async () => {
    const objects = await renderGuide({ replicas: 3, autoscaling: { enabled: false } });
    expect(only<Serving>(objects, 'Deployment').spec.replicas).toBe(3);
    expect(objects.map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler');
  });
});

describe('the volume', { timeout: 60_000 }, () => {
  it('takes a RAM role instead of a key', async () => {
    const objects = await renderGuide({
      storage: { oss: { auth: 'rrsa', roleName: 'reader', path: '/models' } },
    });
    const { spec } = only<{ spec: { csi: object } }>(objects, 'PersistentVolume');
    expect(spec.csi).not.toHaveProperty('nodePublishSecretRef');
    expect(spec.csi).toMatchObject({
      volumeAttributes: { authType: 'rrsa', roleName: 'reader', path: '/models' },
    });
  });

  it('gets a Secret from values only where that is forced', async () => {
    const objects = await renderGuide({
      storage: { oss: { keysInValues: true, accessKeyId: 'an-id', accessKeySecret: 'a-secret' } },
    });
    const secret = only<{ data: Record<string, string> }>(objects, 'Secret');
    expect(secret).toMatchObject({
      metadata: { name: 'bert-tfserving-oss' },
      data: { akId: btoa('an-id'), akSecret: btoa('a-secret') },
    });
    expect(JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'))).not.toMatch(/an-id|a-secret/);
  });

  it('is of the release and Namespace by default, so that no two are after the same one', async () => {
    const objects = await renderGuide(
      { storage: { volumeName: '', claimName: '' }, name: 'bert' },
      { namespace: 'shop' },
    );
    expect(only(objects, 'PersistentVolume')).toMatchObject({
      metadata: { name: 'shop-bert-model' },
      spec: { csi: { volumeHandle: 'shop-bert-model' }, claimRef: { namespace: 'shop', name: 'bert-model' } },
    });
    expect(only(objects, 'PersistentVolumeClaim').metadata).toMatchObject({
      name: 'bert-model',
      namespace: 'shop',
    });
  });

  it('is not made where the claim exists', async () => {
    const objects = await renderGuide({ storage: { create: false, claimName: 'mine' } });
    expect(objects.map(({ kind }) => kind)).not.toContain('PersistentVolume');
    expect(JSON.stringify(only(objects, 'Deployment'))).toContain('"claimName":"mine"');
  });
});

describe('the notes', { timeout: 60_000 }, () => {
  it('say what to type next', async () => {
    const notes = await renderNotes({ ...guide, values: {} });
    for (const command of [
      'kubectl create secret generic bert-tfserving-oss -n default --from-env-file=key.env',
      'kubectl rollout status deployment bert-tfserving-202207181536-tensorflow-serving -n default',
      'kubectl get hpa bert-tfserving-eci-hpa -n default',
      'kubectl get ingress bert-tfserving -n default',
      'sls-metrics-adapter loadtest http://test.example.com/v1/models/chnsenticorp ',
    ])
      expect(notes).toContain(`\n  ${command}`);
    expect(notes).toContain(
      'WARNING: the annotation alibabacloud.com/burst-resource is no longer maintained',
    );
    expect(notes).not.toContain('OSS key is in the values');
  });

  it('warn of a key in the values, and name the route where there is no Ingress', async () => {
    const notes = await renderNotes({
      ...guide,
      values: {
        storage: { oss: { keysInValues: true, accessKeyId: 'an-id', accessKeySecret: 'a-secret' } },
        ingress: { enabled: false },
        burst: { by: 'virtualNode' },
        autoscaling: { minReplicas: 0 },
      },
    });
    expect(notes).toContain('WARNING: the OSS key is in the values');
    expect(notes).not.toContain('a-secret');
    expect(notes).toContain('the route default-bert-tfserving-202207181536-tensorflow-serving-8501');
    expect(notes).not.toContain('burst-resource');
    expect(notes).toContain('HPAScaleToZero');
  });
});
