import { beforeAll, describe, expect, it } from 'vitest';
import { only, type KubernetesObject } from '../../support/manifests.ts';
import { onlyContainer, renderGuide, type Container, type Scaling, type Serving } from './chart.ts';

const workload = 'bert-tfserving-202207181536-tensorflow-serving';
const project = 'k8s-log-c0123456789abcdef0123456789abcdef';

let objects: KubernetesObject[];
let deployment: KubernetesObject & Serving;
let container: Container;

beforeAll(async () => {
  objects = await renderGuide();
  deployment = only<Serving>(objects, 'Deployment');
  container = onlyContainer(deployment);
});

describe("the guide's example in the chart", () => {
  it('has the objects of the guide, and two more', () => {
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual(
      [
        'PersistentVolume model-csi-pv',
        'PersistentVolumeClaim model-pvc',
        `Deployment ${workload}`,
        `Service ${workload}`,
        'HorizontalPodAutoscaler bert-tfserving-eci-hpa',
        'Ingress bert-tfserving',
        // For the version policy, which `arena` has deprecated, and the metrics of TensorFlow Serving.
        `ConfigMap ${workload}-config`,
        // The guide has none, so a drain could evict all pods together.
        `PodDisruptionBudget ${workload}`,
      ].sort(),
    );
  });

  it('is in the namespace default; the volume has no namespace', () => {
    for (const { kind, metadata } of objects)
      expect(metadata.namespace, kind).toBe(kind === 'PersistentVolume' ? undefined : 'default');
  });

  it('mounts the bucket', () => {
    expect(only(objects, 'PersistentVolume')).toMatchObject({
      apiVersion: 'v1',
      spec: {
        capacity: { storage: '5Gi' },
        persistentVolumeReclaimPolicy: 'Retain',
        csi: {
          driver: 'ossplugin.csi.alibabacloud.com',
          volumeHandle: 'model-csi-pv',
          volumeAttributes: { bucket: 'my-bucket', url: 'oss-cn-beijing-internal.aliyuncs.com' },
        },
      },
    });
    expect(only(objects, 'PersistentVolumeClaim')).toMatchObject({
      spec: { resources: { requests: { storage: '5Gi' } } },
    });
  });

  it('serves its model on its ports, with its image', () => {
    expect(deployment).toMatchObject({ apiVersion: 'apps/v1' });
    expect(container.image).toBe('tensorflow/serving:1.15.0-gpu');
    expect(container.args).toEqual(expect.arrayContaining(['--port=8500', '--rest_api_port=8501']));
    expect(container.ports).toEqual([
      { name: 'grpc-serving', containerPort: 8500, protocol: 'TCP' },
      { name: 'http-serving', containerPort: 8501, protocol: 'TCP' },
    ]);
    expect(container.volumeMounts).toContainEqual({ name: 'model', mountPath: '/data', readOnly: true });
    expect(deployment.spec.template.spec.volumes).toContainEqual({
      name: 'model',
      persistentVolumeClaim: { claimName: 'model-pvc', readOnly: true },
    });
    const { data } = only<{ data: Record<string, string> }>(objects, 'ConfigMap');
    expect(data['model.config']?.replaceAll(/\s+/g, ' ').trim()).toBe(
      'model_config_list { config { name: "chnsenticorp" base_path: "/data/models/tensorflow/chnsenticorp" ' +
        'model_platform: "tensorflow" model_version_policy { specific { versions: 1623831335 } } } }',
    );
  });

  it('has one GPU as its only limit, and runs only on ECI with its instance type', () => {
    expect(container.resources).toEqual({ limits: { 'nvidia.com/gpu': '1' } });
    const { 'checksum/config': checksum, ...annotations } = deployment.spec.template.metadata.annotations;
    expect(annotations).toEqual({
      'alibabacloud.com/burst-resource': 'eci_only',
      'k8s.aliyun.com/eci-use-specs': 'ecs.gn6i-c4g1.xlarge',
      // ECI creates image caches and bills them unless told not to.
      'k8s.aliyun.com/eci-auto-imc': 'false',
    });
    expect(checksum).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has both ports in its Service', () => {
    const service = only<{ spec: { selector: object } }>(objects, 'Service');
    expect(service).toMatchObject({
      apiVersion: 'v1',
      spec: {
        type: 'ClusterIP',
        ports: [
          { port: 8500, targetPort: 'grpc-serving' },
          { port: 8501, targetPort: 'http-serving' },
        ],
      },
    });
    expect(deployment.spec.template.metadata.labels).toMatchObject(service.spec.selector);
    expect(deployment.spec.selector.matchLabels).toEqual(service.spec.selector);
  });

  it('scales from 1 to 10 pods by 10 requests per second of its route', () => {
    const { spec } = only<Scaling>(objects, 'HorizontalPodAutoscaler');
    expect(spec).toMatchObject({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: workload },
      minReplicas: 1,
      maxReplicas: 10,
    });
    expect(spec.metrics).toEqual([
      {
        type: 'External',
        external: {
          metric: {
            name: 'sls_ingress_qps',
            selector: {
              matchLabels: {
                'sls.project': project,
                'sls.logstore': 'nginx-ingress',
                'sls.ingress.route': `default-${workload}-8501`,
              },
            },
          },
          target: { type: 'AverageValue', averageValue: '10' },
        },
      },
    ]);
  });

  it('has an Ingress with its host, the root path and the REST port', () => {
    expect(only(objects, 'Ingress')).toMatchObject({
      spec: {
        rules: [
          {
            host: 'test.example.com',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'ImplementationSpecific',
                  backend: { service: { name: workload, port: { number: 8501 } } },
                },
              ],
            },
          },
        ],
      },
    });
  });
});

/** The guide is wrong or out of date in these points. */
describe('differences from the guide', () => {
  it('autoscaling/v2: Kubernetes 1.26 removed v2beta2', () => {
    expect(only(objects, 'HorizontalPodAutoscaler').apiVersion).toBe('autoscaling/v2');
  });

  it('the OSS key is in a Secret: akId and akSecret in the volume would be plain text for everyone who can read volumes', () => {
    const { spec } = only<{ spec: { csi: { volumeAttributes: object } } }>(objects, 'PersistentVolume');
    expect(spec.csi.volumeAttributes).not.toHaveProperty('akId');
    expect(spec.csi.volumeAttributes).not.toHaveProperty('akSecret');
    expect(spec.csi).toMatchObject({
      nodePublishSecretRef: { name: 'bert-tfserving-oss', namespace: 'default' },
    });
  });

  it('volume and claim name each other and no StorageClass: the default one would provision the claim', () => {
    expect(only(objects, 'PersistentVolume')).toMatchObject({
      spec: { storageClassName: '', claimRef: { namespace: 'default', name: 'model-pvc' } },
    });
    expect(only(objects, 'PersistentVolumeClaim')).toMatchObject({
      spec: { storageClassName: '', volumeName: 'model-csi-pv' },
    });
  });

  it('ReadOnlyMany: the server does not write the model', () => {
    for (const kind of ['PersistentVolume', 'PersistentVolumeClaim'])
      expect(only(objects, kind)).toMatchObject({ spec: { accessModes: ['ReadOnlyMany'] } });
  });

  it('umask=022 in addition to the options of the guide: allow_other opens only the mount, not its files', () => {
    expect(only(objects, 'PersistentVolume')).toMatchObject({
      spec: {
        csi: { volumeAttributes: { otherOpts: '-o max_stat_cache_size=0 -o allow_other -o umask=022' } },
      },
    });
  });

  it('a model config file: arena has deprecated --version-policy, and --model_name has no effect beside the file', () => {
    expect(container.args).toContain('--model_config_file=/etc/tensorflow-serving/model.config');
    expect(container.args?.join(' ')).not.toMatch(/--model_(name|base_path)/);
  });

  it('readiness when the model answers, with 15 minutes for a cold start: with only a liveness probe, a pod is ready at once and killed after 3 minutes', () => {
    const httpGet = { path: '/v1/models/chnsenticorp/metadata', port: 'http-serving' };
    expect(container.startupProbe).toMatchObject({ httpGet, periodSeconds: 5, failureThreshold: 180 });
    // An overload delays probes, and must not fail them at once.
    expect(container.readinessProbe).toMatchObject({ httpGet, timeoutSeconds: 10, failureThreshold: 6 });
    // No document of ECI has a startup probe: without it, liveness must wait as long.
    expect(container.livenessProbe).toMatchObject({
      tcpSocket: { port: 'http-serving' },
      initialDelaySeconds: 900,
    });
    expect(deployment.spec.progressDeadlineSeconds).toBeGreaterThan(5 * 180);
  });

  it('no replicas: an upgrade would undo the HPA', () => {
    expect(deployment.spec.replicas).toBeUndefined();
  });

  it('a behavior: up at once, since GPU pods take minutes to start, and down one by one', () => {
    expect(only<Scaling>(objects, 'HorizontalPodAutoscaler').spec.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Percent', value: 100, periodSeconds: 30 },
          { type: 'Pods', value: 2, periodSeconds: 30 },
        ],
      },
      scaleDown: {
        stabilizationWindowSeconds: 300,
        policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
      },
    });
  });

  it('fixed names: `arena` puts the time of each submit into them, and so into the route', async () => {
    const named = await renderGuide({ name: '' });
    expect(only(named, 'Service').metadata.name).toBe('bert-tfserving');
    expect(JSON.stringify(named)).toContain('"sls.ingress.route":"default-bert-tfserving-8501"');
  });
});
