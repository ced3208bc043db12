import { describe, expect, it } from 'vitest';
import { helmMajors, refusal } from '../support/helm.ts';
import { chart, helmMs, leastValues } from './chart.ts';

/** Found by values.schema.json, whose words are each Helm's own: the path, and what was asked for. */
const bySchema: Readonly<Record<string, [values: object, path: string, reason: RegExp]>> = {
  'fewer than no replicas': [{ replicas: -1 }, 'replicas', /1/],
  'an unknown mode of TLS': [
    { tls: { mode: 'magic' } },
    'tls.mode',
    /self-managed.*cert-manager.*existing-secret/,
  ],
  'a key among the values': [{ credentials: { accessKeySecret: 'x' } }, 'credentials', /accessKeySecret/],
  'a value that is none': [{ colour: 'red' }, '', /colour/],
  'a setting that is none': [{ config: { sls: { regoin: 'x' } } }, 'config.sls', /regoin/],
  'a setting out of range': [
    { config: { reading: { refreshSeconds: 0 } } },
    'config.reading.refreshSeconds',
    /1/,
  ],
  'a setting that the chart decides': [{ config: { server: { certDir: '/x' } } }, 'config.server', /certDir/],
  'a caBundle that is no PEM': [
    { apiService: { caBundle: 'LS0tLS1C' } },
    'apiService.caBundle',
    /BEGIN CERTIFICATE/,
  ],
  'a port that asks for rights': [{ containerPort: 443 }, 'containerPort', /1,?024/],
  'no configuration at all': [{ config: null }, '', /config/],
  'a strategy that is none': [{ updateStrategy: { type: 'OnDelete' } }, 'updateStrategy.type', /Recreate/],
  'a name that no label takes': [{ nameOverride: 'My_Adapter' }, 'nameOverride', /pattern/],
  'a tag in the name of the image': [
    { image: { repository: 'registry:5000/adapter:1' } },
    'image.repository',
    /pattern/,
  ],
  'no image': [{ image: { repository: '' } }, 'image.repository', /pattern/],
  'a budget that lets no pod go': [
    { podDisruptionBudget: { maxUnavailable: 0 } },
    'podDisruptionBudget.maxUnavailable',
    /1/,
  ],
};

/** Found by the chart, all at once, in its own words. */
const byChart: Readonly<Record<string, [values: object, reasons: readonly string[]]>> = {
  'no region': [
    { config: {} },
    ['config.sls.region: must be given, such as cn-beijing, unless config.sls.endpoint is'],
  ],
  'a caBundle and nobody who checks': [
    {
      tls: { mode: 'existing-secret', existingSecret: 'tls' },
      apiService: { caBundle: '-----BEGIN CERTIFICATE-----', insecureSkipTLSVerify: true },
    },
    [
      'apiService.insecureSkipTLSVerify: must be false where apiService.caBundle is given: Kubernetes takes one of the two',
    ],
  ],
  'a caBundle that the adapter keeps': [
    { apiService: { caBundle: '-----BEGIN CERTIFICATE-----' } },
    ['apiService.caBundle: must not be given where tls.mode is self-managed, which keeps it'],
  ],
  'nobody who checks, where the adapter has it checked': [
    { apiService: { insecureSkipTLSVerify: true } },
    [
      'apiService.insecureSkipTLSVerify: must be false where tls.mode is self-managed, which keeps the caBundle',
    ],
  ],
  'a certificate of somebody, and neither name nor authority': [
    { tls: { mode: 'existing-secret' } },
    [
      'tls.existingSecret: must name a Secret of type kubernetes.io/tls where tls.mode is existing-secret',
      'apiService.caBundle: must be given where tls.mode is existing-secret: the authority of that certificate, PEM',
    ],
  ],
  'a Secret for another mode': [
    { tls: { existingSecret: 'tls' } },
    ['tls.existingSecret: must not be given where tls.mode is self-managed'],
  ],
  'an issuer without a name': [
    { tls: { mode: 'cert-manager', certManager: { issuerRef: { kind: 'ClusterIssuer' } } } },
    ['tls.certManager.issuerRef.name: must be given beside kind and group'],
  ],
  'sources of credentials that lack what they need': [
    { credentials: { source: 'secret' } },
    ['credentials.secret.name: must be given where credentials.source is secret'],
  ],
  'RRSA without a role': [
    { credentials: { source: 'rrsa' } },
    [
      'credentials.rrsa.roleName: must be given where credentials.source is rrsa, or roleArn and oidcProviderArn',
    ],
  ],
  'half of what RRSA needs': [
    { credentials: { source: 'rrsa', rrsa: { roleArn: 'acs:ram::1:role/r' } } },
    ['credentials.rrsa.roleArn: must be given together with oidcProviderArn'],
  ],
  'credentials of a source that is not chosen': [
    { credentials: { secret: { name: 'key' }, nodeRole: { name: 'role' }, rrsa: { roleName: 'r' } } },
    [
      'credentials.rrsa: must not be given where credentials.source is default',
      'credentials.secret.name: must not be given where credentials.source is default',
      'credentials.nodeRole.name: must not be given where credentials.source is default',
    ],
  ],
  'credentials told twice': [
    {
      config: { sls: { region: 'cn-beijing', credentials: { source: 'environment' } } },
      credentials: { source: 'node-role' },
    },
    ['config.sls.credentials: must not be given where credentials.source is node-role'],
  ],
  'a key in a variable': [
    { extraEnv: [{ name: 'AccessKeySecret', value: 'x' }] },
    ['extraEnv[0].value: must not hold a key: name a Secret by valueFrom.secretKeyRef'],
  ],
  'a budget of two kinds, or none': [
    { podDisruptionBudget: { minAvailable: 1 } },
    ["podDisruptionBudget.minAvailable: must not be given beside maxUnavailable: set that to ''"],
  ],
  'a budget that keeps every pod': [
    { podDisruptionBudget: { maxUnavailable: '', minAvailable: 2 } },
    [
      'podDisruptionBudget.minAvailable: must be less than all pods (replicas: 2), or no node of theirs can be drained',
    ],
  ],
  'labels by which pods are found, and those of the release': [
    {
      commonLabels: { team: 'a', 'app.kubernetes.io/managed-by': 'me' },
      podLabels: { 'app.kubernetes.io/name': 'a' },
    },
    [
      "commonLabels: must not have app.kubernetes.io/managed-by, which is the chart's own",
      "podLabels: must not have app.kubernetes.io/name, which is the chart's own",
    ],
  ],
  'a probe of two kinds, and one of none': [
    { livenessProbe: { tcpSocket: { port: 'https' } }, readinessProbe: { httpGet: null } },
    [
      'livenessProbe: must have one of exec, grpc, httpGet and tcpSocket, and has httpGet and tcpSocket: set what the chart has to null',
      'readinessProbe: must have one of exec, grpc, httpGet and tcpSocket, and has none: set what the chart has to null',
    ],
  ],
  'a PodMonitor of a port that no other pod reaches': [
    { config: { ...leastValues.config, telemetry: { port: 9090 } }, podMonitor: { enabled: true } },
    [
      'config.telemetry.bindAddress: must be 0.0.0.0 where podMonitor.enabled reads that port: nobody reaches it at 127.0.0.1',
    ],
  ],
};

describe.each(helmMajors)('Helm %i refuses, with path and reason,', (helm) => {
  it.each(Object.entries(bySchema))(
    '%s',
    async (_, [values, path, reason]) => {
      const said = await refusal({ chart, helm, values: { ...leastValues, ...values } });
      // Helm 3: `- tls.mode: …`, Helm 4: `- at '/tls/mode': …`, and indented below it where there are several reasons.
      const faults = said.split('\n').filter((line) => /^ *- /.test(line));
      const line = faults.find((one) => reason.test(one)) ?? '';
      const shown = helm === 3 ? path || '(root)' : `'${path && '/'}${path.replaceAll('.', '/')}'`;
      expect(line, said).toContain(shown);
    },
    helmMs,
  );
});

describe('the chart refuses, with path and reason,', () => {
  it.each(Object.entries(byChart))(
    '%s',
    async (_, [values, reasons]) => {
      const said = await refusal({ chart, values: { ...leastValues, ...values } });
      const [, faults = ''] = said.split('wrong values:\n');
      expect(faults.split('\n\n')[0]?.split('\n')).toEqual(reasons.map((reason) => `  ${reason}`));
    },
    helmMs,
  );

  it.each(['my.adapter', '1adapter'])(
    'a release whose name makes none of a Service: %s',
    async (release) => {
      expect(await refusal({ chart, release, values: leastValues })).toContain(
        `fullnameOverride: must be given, as ${release}-sls-metrics-adapter is no name of a Service`,
      );
    },
    helmMs,
  );

  it(
    'an access key wherever it stands, without repeating it',
    async () => {
      const key = `LTAI5t${'Example'.repeat(2)}`;
      const said = await refusal({ chart, values: { ...leastValues, podAnnotations: { note: key } } });
      expect(said).toContain('podAnnotations: must not hold an access key (LTAI…)');
      expect(said.split('wrong values:')[1]).not.toContain(key);
    },
    helmMs,
  );
});
