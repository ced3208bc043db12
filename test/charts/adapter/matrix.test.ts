import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { adapterValuesSchema, type JsonSchema } from '../../../charts/generate/values-schema.ts';
import { only, type KubernetesObject } from '../../support/manifests.ts';
import { helmMajors, lintChart } from '../support/helm.ts';
import { kubernetesFaults } from '../support/kubernetes-check.ts';
import { chart, ciFiles, helmMs, leastValues, render, renderFile } from './chart.ts';

/** Beyond the files of ci/: what each value makes of the objects. */
const matrix: Readonly<Record<string, object>> = {
  'an image by digest, pulled with a Secret': {
    image: { digest: `sha256:${'0123456789abcdef'.repeat(4)}` },
    imagePullSecrets: [{ name: 'registry' }],
  },
  'names of its own': {
    fullnameOverride: 'metrics',
    nameOverride: 'own',
    commonLabels: { team: 'platform' },
  },
  'all that places pods': {
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'type', operator: 'NotIn', values: ['virtual-kubelet'] }] },
          ],
        },
      },
    },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'system', effect: 'NoSchedule' }],
    topologySpreadConstraints: [
      {
        topologyKey: 'zone',
        maxSkew: 1,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { a: 'b' } },
      },
    ],
    priorityClassName: '',
  },
  'other probes and resources': {
    startupProbe: null,
    livenessProbe: { httpGet: null, tcpSocket: { port: 'https' } },
    resources: { limits: { cpu: '1', memory: '1Gi' } },
    containerPort: 8443,
  },
  'everything extra': {
    extraArgs: ['--log-level=debug'],
    extraEnv: [
      { name: 'TZ', value: 'Asia/Shanghai' },
      { name: 'ALIBABA_CLOUD_ACCESS_KEY_ID', valueFrom: { secretKeyRef: { name: 'key', key: 'id' } } },
    ],
    extraEnvFrom: [{ secretRef: { name: 'key', optional: true } }],
    extraVolumes: [{ name: 'other-key', secret: { secretName: 'other-key' } }],
    extraVolumeMounts: [{ name: 'other-key', mountPath: '/var/run/secrets/other-key', readOnly: true }],
    extraObjects: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' }, data: { note: '{{ $value }}' } },
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-text\n',
    ],
    podAnnotations: { a: 'b' },
    podLabels: { c: 'd' },
    deploymentAnnotations: { e: 'f' },
    service: { annotations: { g: 'h' } },
  },
  'a NetworkPolicy both ways': {
    networkPolicy: {
      enabled: true,
      from: [{ ipBlock: { cidr: '10.0.0.0/8' } }],
      egress: [
        {
          ports: [
            { port: 443, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
      ],
    },
  },
  'a PodMonitor with a token': {
    podMonitor: {
      enabled: true,
      labels: { release: 'prometheus' },
      authorization: { credentials: { name: 'scraper', key: 'token' } },
      relabelings: [{ action: 'labeldrop', regex: 'pod' }],
    },
    serviceMonitor: { enabled: true, bearerTokenFile: '', tlsConfig: { insecureSkipVerify: true } },
  },
  'metrics of its own on a plain port': {
    config: { sls: { region: 'cn-beijing' }, telemetry: { port: 9090, bindAddress: '0.0.0.0' } },
    podMonitor: { enabled: true },
    networkPolicy: { enabled: true },
  },
  'an issuer that is there': {
    tls: { mode: 'cert-manager', certManager: { issuerRef: { name: 'company', kind: 'ClusterIssuer' } } },
  },
  'nobody who checks, said so': {
    tls: { mode: 'existing-secret', existingSecret: 'tls' },
    apiService: { insecureSkipTLSVerify: true },
  },
  'a caBundle that cert-manager injects': {
    tls: { mode: 'existing-secret', existingSecret: 'tls' },
    apiService: { annotations: { 'cert-manager.io/inject-ca-from-secret': 'ns/tls' } },
  },
  'nothing that can be left out': {
    apiService: { create: false },
    rbac: { create: false },
    serviceAccount: { create: false, name: 'made-elsewhere' },
    podDisruptionBudget: { enabled: false },
    test: { enabled: false },
  },
  'a share of the pods for evictions': { podDisruptionBudget: { maxUnavailable: '50%' }, replicas: 4 },
  'pods that stop before others start': { updateStrategy: { type: 'Recreate' } },
  'what may be left empty, left empty': emptied(adapterValuesSchema()),
  'a role whose name looks like a number': {
    credentials: { source: 'node-role', nodeRole: { name: '123' } },
  },
  'Helm as part of another chart': { global: { imageRegistry: 'elsewhere' } },
};

describe.each(helmMajors)('under Helm %i', (helm) => {
  it.each(ciFiles)(
    'ci/%s passes lint --strict',
    async (file) => {
      await lintChart({ chart, helm, valueFiles: [join(chart, 'ci', file)] });
    },
    helmMs,
  );
});

describe('what is rendered', () => {
  const renders = new Map<string, KubernetesObject[]>();

  beforeAll(async () => {
    for (const file of ciFiles) renders.set(file, await renderFile(file));
    for (const [name, values] of Object.entries(matrix))
      renders.set(name, await render({ values: { ...leastValues, ...values } }));
  }, 3 * helmMs);

  it.each(ciFiles)(
    'is the same of ci/%s under Helm 3',
    async (file) => {
      expect(byName(await renderFile(file, { helm: 3 }))).toEqual(byName(renders.get(file) ?? []));
    },
    helmMs,
  );

  it(
    'is what Kubernetes 1.26 and the newest take, with no field that they do not know',
    () => expect(kubernetesFaults([...renders.values()].flat())).toEqual([]),
    helmMs,
  );

  it(
    'has no policy for pods that are not ready where Kubernetes does not know it',
    async () => {
      const budgetAt = async (kubeVersion: string) => {
        const objects = await render({ values: leastValues, kubeVersion });
        return objects.find(({ kind }) => kind === 'PodDisruptionBudget');
      };
      expect(await budgetAt('1.25.0')).not.toHaveProperty('spec.unhealthyPodEvictionPolicy');
      expect(await budgetAt('1.26.0')).toHaveProperty('spec.unhealthyPodEvictionPolicy', 'AlwaysAllow');
    },
    helmMs,
  );

  it('leaves out what is switched off, and puts in what is switched on', () => {
    const kinds = (name: string) => new Set(renders.get(name)?.map(({ kind }) => kind));
    expect(kinds('nothing that can be left out')).toEqual(new Set(['ConfigMap', 'Service', 'Deployment']));
    expect(kinds('a PodMonitor with a token')).toEqual(
      new Set([...kinds('a share of the pods for evictions'), 'PodMonitor', 'ServiceMonitor']),
    );
    expect(JSON.stringify(renders.get('metrics of its own on a plain port'))).toContain(
      '"podMetricsEndpoints":[{"path":"/metrics","interval":"30s","scrapeTimeout":"10s","port":"metrics","scheme":"http"}]',
    );
    const rules = renders.get('cert-manager-values.yaml')?.find(({ kind }) => kind === 'PrometheusRule');
    const links = JSON.stringify(rules).match(/"runbook_url":"[^"#]*/g);
    expect(new Set(links)).toEqual(
      new Set(['"runbook_url":"https://wiki.example.com/adapter/troubleshooting.md']),
    );
    const dashboard = renders
      .get('cert-manager-values.yaml')
      ?.find(({ metadata }) => metadata.name === 'sls-metrics-adapter-dashboard');
    expect(dashboard).toMatchObject({
      metadata: { namespace: 'monitoring', labels: { grafana_dashboard: '1' } },
      data: { 'sls-metrics-adapter.json': expect.stringContaining('"panels"') as unknown },
    });
    expect(kinds('a NetworkPolicy both ways')).toContain('NetworkPolicy');
    const config = only(renders.get('a role whose name looks like a number') ?? [], 'ConfigMap');
    expect(config).toHaveProperty(['data', 'config.yaml'], expect.stringContaining('roleName: "123"'));
    // Beside another type Kubernetes refuses rollingUpdate.
    const stopped = only(renders.get('pods that stop before others start') ?? [], 'Deployment');
    expect(stopped).toHaveProperty('spec.strategy', { type: 'Recreate' });
    const extra = renders.get('everything extra')?.map(({ metadata }) => metadata.name);
    expect(extra).toEqual(expect.arrayContaining(['plain', 'sls-metrics-adapter-text']));
    expect(only(renders.get('everything extra') ?? [], 'ConfigMap', 'plain')).toHaveProperty('data', {
      note: '{{ $value }}',
    });
  });
});

/** Every value that the schema does not insist on, as a key without a value has it. */
function emptied({ properties = {}, required = [] }: JsonSchema): object {
  const values = Object.entries(properties)
    .filter(([key]) => key !== 'config' && key !== 'global')
    .map(([key, child]) => [key, child.description === undefined ? emptied(child) : null] as const)
    .filter(([key, value]) => value !== null || !required.includes(key));
  return Object.fromEntries(values);
}

const byName = (objects: readonly KubernetesObject[]) =>
  objects.toSorted((a, b) => `${a.kind} ${a.metadata.name}`.localeCompare(`${b.kind} ${b.metadata.name}`));
