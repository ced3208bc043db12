import { beforeAll, describe, expect, it } from 'vitest';
import { adapterManifests, only, renderManifests, type KubernetesObject } from '../support/manifests.ts';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string; readonly scheme: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly unknown[];
  readonly envFrom: readonly unknown[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly resources: { readonly requests: object; readonly limits: object };
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface DeploymentSpec {
  readonly replicas: number;
  readonly strategy: object;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly serviceAccountName: string;
      readonly terminationGracePeriodSeconds: number;
      readonly securityContext: object;
      readonly containers: readonly Container[];
      readonly initContainers?: readonly Container[];
      readonly volumes: readonly { readonly name: string }[];
    } & Readonly<Record<string, unknown>>;
  };
}

let objects: KubernetesObject[];
let spec: DeploymentSpec;
let container: Container;
let arg: (name: string) => string | undefined;

beforeAll(async () => {
  objects = await renderManifests(adapterManifests);
  ({ spec } = only<{ spec: DeploymentSpec }>(objects, 'Deployment'));
  const [first] = spec.template.spec.containers;
  if (first === undefined) throw new Error('no container');
  container = first;
  arg = (name) => container.args.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
});

describe('security of the pods in deploy/adapter', () => {
  it('conforms to the restricted profile of Pod Security, which its Namespace enforces', () => {
    const { metadata } = only(objects, 'Namespace');
    expect(metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(spec.template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const { containers, initContainers } = spec.template.spec;
    expect([containers.length, initContainers]).toEqual([1, undefined]);
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC', 'hostUsers'])
      expect(spec.template.spec).not.toHaveProperty(key);
  });

  it('writes only into memory', () => {
    expect(spec.template.spec.volumes).toEqual([
      { name: 'config', configMap: { name: only(objects, 'ConfigMap').metadata.name } },
      { name: 'serving-certificate', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    ]);
    const mounts = new Map(container.volumeMounts.map(({ name, ...mount }) => [name, mount]));
    expect(mounts.get('config')).toEqual({ mountPath: '/etc/sls-metrics-adapter', readOnly: true });
    expect(mounts.get('serving-certificate')?.mountPath).toBe(arg('cert-dir'));
  });

  it('takes the key from an optional Secret, never in plain text', () => {
    expect(container.env).toBeUndefined();
    expect(container.envFrom).toEqual([
      { secretRef: { name: 'sls-metrics-adapter-credentials', optional: true } },
    ]);
    expect(objects.map(({ kind }) => kind)).not.toContain('Secret');
  });

  it('runs as its own ServiceAccount, without variables of Services', () => {
    expect(spec.template.spec).toMatchObject({
      serviceAccountName: only(objects, 'ServiceAccount').metadata.name,
      automountServiceAccountToken: true,
      enableServiceLinks: false,
    });
    expect(only(objects, 'ServiceAccount')).toMatchObject({ automountServiceAccountToken: false });
  });

  it('has resource requests, and a memory limit that protects the node', () => {
    expect(container.resources).toEqual({
      requests: { cpu: '100m', memory: '192Mi' },
      limits: { memory: '512Mi' },
    });
  });
});

describe('access to the pods in deploy/adapter', () => {
  it.each(['startupProbe', 'livenessProbe', 'readinessProbe'] as const)(
    '%s asks the secure port',
    (probe) => {
      const path = probe === 'readinessProbe' ? '/readyz' : '/livez';
      expect(container[probe].httpGet).toEqual({ path, port: 'https', scheme: 'HTTPS' });
      expect(container.ports).toMatchObject([{ name: 'https', containerPort: Number(arg('secure-port')) }]);
    },
  );

  it('the APIService names the Service, and the Service has the port of the pods', () => {
    const service = only<{ spec: { ports: unknown; selector: unknown } }>(objects, 'Service');
    expect(only(objects, 'APIService')).toMatchObject({
      metadata: { name: 'v1beta1.external.metrics.k8s.io' },
      spec: {
        group: 'external.metrics.k8s.io',
        version: 'v1beta1',
        service: { name: service.metadata.name, namespace: service.metadata.namespace, port: 443 },
      },
    });
    expect(service.spec.ports).toMatchObject([{ port: 443, targetPort: 'https' }]);
    expect(service.spec.selector).toEqual(spec.template.metadata.labels);
  });

  it('the certificate has the name that the API server checks', () => {
    const { name, namespace } = only(objects, 'Service').metadata;
    expect([arg('service-name'), arg('service-namespace')]).toEqual([name, namespace]);
  });

  it('the API server checks the certificate by the caBundle that the adapter sets', () => {
    const { spec: own } = only<{ spec: object }>(objects, 'APIService');
    expect(own).not.toHaveProperty('insecureSkipTLSVerify');
    expect(own).not.toHaveProperty('caBundle');
    expect(container.args).toContain('--manage-apiservice');
  });

  it('clients are authenticated', () => expect(arg('authentication')).toBe('delegated'));
});

describe('availability of deploy/adapter', () => {
  it('has two pods, spread if possible, and replaced one by one without a gap', () => {
    expect(spec.replicas).toBe(2);
    expect(spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
    const labelSelector = { matchLabels: spec.selector.matchLabels };
    expect(spec.template.spec['topologySpreadConstraints']).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname', labelSelector },
      { topologyKey: 'topology.kubernetes.io/zone', labelSelector },
    ]);
  });

  it('allows one eviction at a time, and never blocks a drain by a pod that is not ready', () => {
    expect(only(objects, 'PodDisruptionBudget')).toMatchObject({
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
        selector: { matchLabels: spec.selector.matchLabels },
      },
    });
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  it('gives a stopping pod the delay, the longest read and a margin', () => {
    const delaySeconds = Number(/^(\d+)s$/.exec(arg('shutdown-delay-duration') ?? '')?.[1]);
    const longestReadSeconds = 30;
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
      delaySeconds + longestReadSeconds,
    );
  });

  it('allows a minute for a start, and half a minute for a hang', () => {
    const { startupProbe, livenessProbe } = container;
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBe(60);
    expect(livenessProbe.periodSeconds * livenessProbe.failureThreshold).toBe(30);
  });
});
