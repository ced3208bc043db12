import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { adapterValuesSchema, type JsonSchema } from '../../../charts/generate/values-schema.ts';
import { only, type KubernetesObject } from '../../support/manifests.ts';
import { helmMajors, lintChart } from '../../charts/support/helm.ts';
import { kubernetesFaults } from '../../charts/support/kubernetes-check.ts';
import { chart, ciFiles, leastValues, render, renderFile } from '../../charts/adapter/chart.ts';

/** Values that the files of ci/ do not cover. */
const matrix: Readonly<Record<string, object>> = {
  'an image by digest, pulled with a Secret': {
    image: { digest: `sha256:${'0123456789abcdef'.repeat(4)}` },
    imagePullSecrets: [{ name: 'registry' }],
  },
  'other names': {
    fullnameOverride: 'metrics',
    nameOverride: 'own',
    commonLabels: { team: 'platform' },
  },
  'all scheduling values': {
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
  'all extra values': {
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
  'a NetworkPolicy for ingress and egress': {
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
  'self-metrics on a plain port': {
    config: { sls: { region: 'cn-beijing' }, telemetry: { port: 9090, bindAddress: '0.0.0.0' } },
    podMonitor: { enabled: true },
    networkPolicy: { scrapers: [{ podSelector: { matchLabels: { app: 'prometheus' } } }] },
  },
  'an existing issuer': {
    tls: { mode: 'cert-manager', certManager: { issuerRef: { name: 'company', kind: 'ClusterIssuer' } } },
  },
  'no check of the certificate': {
    tls: { mode: 'existing-secret', existingSecret: 'tls' },
    apiService: { insecureSkipTLSVerify: true },
  },
  'a caBundle that cert-manager injects': {
    tls: { mode: 'existing-secret', existingSecret: 'tls' },
    apiService: { annotations: { 'cert-manager.io/inject-ca-from-secret': 'ns/tls' } },
  },
  'no optional objects': {
    apiService: { create: false },
    rbac: { create: false },
    serviceAccount: { create: false, name: 'made-elsewhere' },
    podDisruptionBudget: { enabled: false },
    networkPolicy: { enabled: false },
    test: { enabled: false },
  },
  'a percentage of pods for evictions': { podDisruptionBudget: { maxUnavailable: '50%' }, replicas: 4 },
  'the strategy Recreate': { updateStrategy: { type: 'Recreate' } },
  'all optional values empty': emptied(adapterValuesSchema()),
  'a role whose name looks like a number': {
    credentials: { source: 'node-role', nodeRole: { name: '123' } },
  },
  'the DNS of the node': { dnsPolicy: 'Default' },
  'values of a parent chart': { global: { imageRegistry: 'elsewhere' } },
};

describe.each(helmMajors)('under Helm %i', (helm) => {
  it.each(ciFiles)('helm lint --strict accepts ci/%s', async (file) => {
    await lintChart({ chart, helm, valueFiles: [join(chart, 'ci', file)] });
  });
});

describe('the rendered objects', () => {
  const renders = new Map<string, KubernetesObject[]>();

  beforeAll(async () => {
    for (const file of ciFiles) renders.set(file, await renderFile(file));
    for (const [name, values] of Object.entries(matrix))
      renders.set(name, await render({ values: { ...leastValues, ...values } }));
  });

  it.each(ciFiles)('are the same for ci/%s under Helm 3 and 4', async (file) => {
    expect(byName(await renderFile(file, { helm: 3 }))).toEqual(byName(renders.get(file) ?? []));
  });

  it('conform to Kubernetes 1.26 and the newest version, without unknown fields', () =>
    expect(kubernetesFaults([...renders.values()].flat())).toEqual([]));

  it('have unhealthyPodEvictionPolicy only from Kubernetes 1.26 on', async () => {
    const budgetAt = async (kubeVersion: string) => {
      const objects = await render({ values: leastValues, kubeVersion });
      return objects.find(({ kind }) => kind === 'PodDisruptionBudget');
    };
    expect(await budgetAt('1.25.0')).not.toHaveProperty('spec.unhealthyPodEvictionPolicy');
    expect(await budgetAt('1.26.0')).toHaveProperty('spec.unhealthyPodEvictionPolicy', 'AlwaysAllow');
  });

  it('follow the values that enable and disable objects', () => {
    const kinds = (name: string) => new Set(renders.get(name)?.map(({ kind }) => kind));
    expect(kinds('no optional objects')).toEqual(new Set(['ConfigMap', 'Service', 'Deployment']));
    expect(kinds('a PodMonitor with a token')).toEqual(
      new Set([...kinds('a percentage of pods for evictions'), 'PodMonitor', 'ServiceMonitor']),
    );
    expect(JSON.stringify(renders.get('self-metrics on a plain port'))).toContain(
      '"podMetricsEndpoints":[{"path":"/metrics","interval":"30s","scrapeTimeout":"10s","port":"metrics","scheme":"http"}]',
    );
    const rules = renders.get('cert-manager-values.yaml')?.find(({ kind }) => kind === 'PrometheusRule');
    const links = JSON.stringify(rules).match(/"runbook_url":"[^"#]*/g);
    expect(new Set(links)).toEqual(new Set(['"runbook_url":"https://wiki.example.com/adapter/runbooks.md']));
    const dashboard = renders
      .get('cert-manager-values.yaml')
      ?.find(({ metadata }) => metadata.name === 'sls-metrics-adapter-dashboard');
    expect(dashboard).toMatchObject({
      metadata: { namespace: 'monitoring', labels: { grafana_dashboard: '1' } },
      data: { 'sls-metrics-adapter.json': expect.stringContaining('"panels"') as unknown },
    });
    expect(kinds('a NetworkPolicy for ingress and egress')).toContain('NetworkPolicy');
    const config = only(renders.get('a role whose name looks like a number') ?? [], 'ConfigMap');
    expect(config).toHaveProperty(['data', 'config.yaml'], expect.stringContaining('roleName: "123"'));
    // Kubernetes refuses rollingUpdate together with another type.
    const stopped = only(renders.get('the strategy Recreate') ?? [], 'Deployment');
    expect(stopped).toHaveProperty('spec.strategy', { type: 'Recreate' });
    const podOf = (name: string) => (only(renders.get(name) ?? [], 'Deployment') as { spec?: object }).spec;
    expect(podOf('node-role-values.yaml')).toHaveProperty('template.spec.hostNetwork', true);
    expect(podOf('node-role-values.yaml')).toHaveProperty(
      'template.spec.dnsPolicy',
      'ClusterFirstWithHostNet',
    );
    expect(podOf('the DNS of the node')).toHaveProperty('template.spec.dnsPolicy', 'Default');
    expect(podOf('other names')).not.toHaveProperty('template.spec.hostNetwork');
    expect(podOf('other names')).not.toHaveProperty('template.spec.dnsPolicy');
    const extra = renders.get('all extra values')?.map(({ metadata }) => metadata.name);
    expect(extra).toEqual(expect.arrayContaining(['plain', 'sls-metrics-adapter-text']));
    expect(only(renders.get('all extra values') ?? [], 'ConfigMap', 'plain')).toHaveProperty('data', {
      note: '{{ $value }}',
    });
  });
});

/** All values that the schema does not require, each null like a key without a value. */
function emptied({ properties = {}, required = [] }: JsonSchema): object {
  const values = Object.entries(properties)
    .filter(([key]) => key !== 'config' && key !== 'global')
    .map(([key, child]) => [key, child.description === undefined ? emptied(child) : null] as const)
    .filter(([key, value]) => value !== null || !required.includes(key));
  return Object.fromEntries(values);
}

const byName = (objects: readonly KubernetesObject[]) =>
  objects.toSorted((a, b) => `${a.kind} ${a.metadata.name}`.localeCompare(`${b.kind} ${b.metadata.name}`));
