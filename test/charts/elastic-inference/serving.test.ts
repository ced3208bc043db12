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

describe('versions of the model', () => {
  it.each([
    ['the newest', { specific: [], latest: 2 }, 'latest { num_versions: 2 }'],
    ['all', { specific: [], all: true }, 'all { }'],
    [
      'specific versions, also with large numbers',
      { specific: [1623831335, 1700000000000] },
      'specific { versions: 1623831335 versions: 1700000000000 }',
    ],
  ])('%s', async (_, policy, expected) => {
    expect(await modelConfig(policy)).toBe(expected);
  });

  it('a change restarts the pods, and only a change does', async () => {
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

describe('TensorFlow Serving in the pod', () => {
  it('serves its metrics where the ServiceMonitor scrapes them', async () => {
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

  it('requests no GPU without gpu.count', async () => {
    const objects = await renderGuide({ gpu: { count: 0 }, resources: { requests: { cpu: '2' } } });
    expect(onlyContainer(only<Serving>(objects, 'Deployment')).resources).toEqual({ requests: { cpu: '2' } });
  });

  it('requests GPUs in addition to other limits', async () => {
    const objects = await renderGuide({ gpu: { count: 2 }, resources: { limits: { memory: '8Gi' } } });
    expect(onlyContainer(only<Serving>(objects, 'Deployment')).resources).toEqual({
      limits: { memory: '8Gi', 'nvidia.com/gpu': '2' },
    });
  });

  it('serves while the Ingress removes it, and has time for the last requests', async () => {
    const deployment = only<Serving>(await renderGuide({ drainSeconds: 20 }), 'Deployment');
    expect(onlyContainer(deployment)).toMatchObject({
      lifecycle: { preStop: { exec: { command: ['sleep', '20'] } } },
    });
    expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBe(30);
  });

  it('releases its GPU before another pod starts with the strategy Recreate', async () => {
    // Kubernetes refuses rollingUpdate, which the default values have, together with another type.
    expect(only(await renderGuide({ strategy: { type: 'Recreate' } }), 'Deployment')).toHaveProperty(
      'spec.strategy',
      { type: 'Recreate' },
    );
  });

  it('sets replicas if there is no HPA', async () => {
    const objects = await renderGuide({ replicas: 3, autoscaling: { enabled: false } });
    expect(only<Serving>(objects, 'Deployment').spec.replicas).toBe(3);
    expect(objects.map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler');
  });
});

describe('the volume of the model', () => {
  it('uses a RAM role instead of a key', async () => {
    const objects = await renderGuide({
      storage: { oss: { auth: 'rrsa', roleName: 'reader', path: '/models' } },
    });
    const { spec } = only<{ spec: { csi: object } }>(objects, 'PersistentVolume');
    expect(spec.csi).not.toHaveProperty('nodePublishSecretRef');
    expect(spec.csi).toMatchObject({
      volumeAttributes: { authType: 'rrsa', roleName: 'reader', path: '/models' },
    });
  });

  it('is signed by v4, and takes more attributes, which override those of the chart', async () => {
    const attributesWith = async (oss: object) => {
      const objects = await renderGuide({ storage: { oss } });
      return only<{ spec: { csi: { volumeAttributes: object } } }>(objects, 'PersistentVolume').spec.csi
        .volumeAttributes;
    };
    expect(await attributesWith({ sigVersion: 'v4', fuseType: 'ossfs2' })).toMatchObject({
      sigVersion: 'v4',
      fuseType: 'ossfs2',
    });
    expect(
      await attributesWith({ otherOpts: '', attributes: { bucket: 'other', encrypted: 'kms' } }),
    ).toEqual({ bucket: 'other', url: 'oss-cn-beijing-internal.aliyuncs.com', encrypted: 'kms' });
  });

  it('creates a Secret from values only with keysInValues', async () => {
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

  it('has the release and Namespace in its name, so that releases do not share it', async () => {
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

  it('is not created with storage.create: false', async () => {
    const objects = await renderGuide({ storage: { create: false, claimName: 'mine' } });
    expect(objects.map(({ kind }) => kind)).not.toContain('PersistentVolume');
    expect(JSON.stringify(only(objects, 'Deployment'))).toContain('"claimName":"mine"');
  });
});

describe('NOTES.txt of elastic-inference', () => {
  it('prints the next commands', async () => {
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

  it('warns of a key in the values, and names the route if there is no Ingress', async () => {
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
