import { describe, expect, it } from 'vitest';
import { refusal, refusingHelm } from '../support/helm.ts';
import { chart, leastValues } from './chart.ts';

/** Refused by values.schema.json. Helm words the message, so only path and reason are compared. */
const bySchema: Readonly<Record<string, [values: object, path: string, reason: RegExp]>> = {
  'a negative number of replicas': [{ replicas: -1 }, 'replicas', /1/],
  'an unknown TLS mode': [
    { tls: { mode: 'magic' } },
    'tls.mode',
    /self-managed.*cert-manager.*existing-secret/,
  ],
  'a key among the values': [{ credentials: { accessKeySecret: 'x' } }, 'credentials', /accessKeySecret/],
  'an unknown value': [{ colour: 'red' }, '', /colour/],
  'an unknown setting': [{ config: { sls: { regoin: 'x' } } }, 'config.sls', /regoin/],
  'a setting out of range': [
    { config: { reading: { refreshesIn15Seconds: -1 } } },
    'config.reading.refreshesIn15Seconds',
    /1/,
  ],
  'a setting that the chart sets': [{ config: { server: { certDir: '/x' } } }, 'config.server', /certDir/],
  'a caBundle that is not PEM': [
    { apiService: { caBundle: 'LS0tLS1C' } },
    'apiService.caBundle',
    /BEGIN CERTIFICATE/,
  ],
  'a privileged port': [{ containerPort: 443 }, 'containerPort', /1,?024/],
  'no configuration': [{ config: null }, '', /config/],
  'an unknown DNS policy': [{ dnsPolicy: 'None' }, 'dnsPolicy', /ClusterFirstWithHostNet/],
  'an unknown strategy': [{ updateStrategy: { type: 'OnDelete' } }, 'updateStrategy.type', /Recreate/],
  'a name that is not a valid label': [{ nameOverride: 'My_Adapter' }, 'nameOverride', /pattern/],
  'a tag in the name of the image': [
    { image: { repository: 'registry:5000/adapter:1' } },
    'image.repository',
    /pattern/,
  ],
  'no image': [{ image: { repository: '' } }, 'image.repository', /pattern/],
  'a budget that allows no eviction': [
    { podDisruptionBudget: { maxUnavailable: 0 } },
    'podDisruptionBudget.maxUnavailable',
    /1/,
  ],
};

/** Refused by the chart, all faults together. */
const byChart: Readonly<Record<string, [values: object, reasons: readonly string[]]>> = {
  'no region': [
    { config: {} },
    ['config.sls.region: must be set, such as cn-beijing, unless config.sls.endpoint is set'],
  ],
  'a caBundle and no check of the certificate': [
    {
      tls: { mode: 'existing-secret', existingSecret: 'tls' },
      apiService: { caBundle: '-----BEGIN CERTIFICATE-----', insecureSkipTLSVerify: true },
    },
    [
      'apiService.insecureSkipTLSVerify: must be false if apiService.caBundle is set: Kubernetes accepts only one of the two',
    ],
  ],
  'a caBundle that the adapter sets': [
    { apiService: { caBundle: '-----BEGIN CERTIFICATE-----' } },
    ['apiService.caBundle: must not be set if tls.mode is self-managed, which sets it'],
  ],
  'no check of the certificate, if the adapter sets the caBundle': [
    { apiService: { insecureSkipTLSVerify: true } },
    ['apiService.insecureSkipTLSVerify: must be false if tls.mode is self-managed, which sets the caBundle'],
  ],
  'an existing certificate without Secret and CA': [
    { tls: { mode: 'existing-secret' } },
    [
      'tls.existingSecret: must name a Secret of type kubernetes.io/tls if tls.mode is existing-secret',
      'apiService.caBundle: must be set if tls.mode is existing-secret: the CA of that certificate, PEM',
    ],
  ],
  'a Secret for another TLS mode': [
    { tls: { existingSecret: 'tls' } },
    ['tls.existingSecret: must not be set if tls.mode is self-managed'],
  ],
  'KEDA with a certificate that it cannot know': [
    { keda: { enabled: true, port: 6443, from: [] } },
    [
      'tls.mode: must be cert-manager or existing-secret if keda.enabled is true: KEDA cannot know the certificate that each pod makes',
      'keda.port: must differ from containerPort',
      "keda.from: must select the pods of KEDA's operator: they alone can reach the port",
    ],
  ],
  'KEDA without a NetworkPolicy and without client certificates': [
    { tls: { mode: 'cert-manager' }, keda: { enabled: true }, networkPolicy: { enabled: false } },
    [
      'keda.clientCaSecret: must be set without a NetworkPolicy (networkPolicy.enabled false, or hostNetwork): else every pod can read every metric',
    ],
  ],
  'client certificates without KEDA': [
    { keda: { clientCaSecret: 'ca' } },
    ['keda.clientCaSecret: must not be set if keda.enabled is false'],
  ],
  'an issuer without a name': [
    { tls: { mode: 'cert-manager', certManager: { issuerRef: { kind: 'ClusterIssuer' } } } },
    ['tls.certManager.issuerRef.name: must be set together with kind and group'],
  ],
  'a Secret of credentials without a name': [
    { credentials: { source: 'secret' } },
    ['credentials.secret.name: must be set if credentials.source is secret'],
  ],
  'RRSA without a role': [
    { credentials: { source: 'rrsa' } },
    ['credentials.rrsa.roleName: must be set if credentials.source is rrsa, or roleArn and oidcProviderArn'],
  ],
  'RRSA with only one of two ARNs': [
    { credentials: { source: 'rrsa', rrsa: { roleArn: 'acs:ram::1:role/r' } } },
    ['credentials.rrsa.roleArn: must be set together with oidcProviderArn'],
  ],
  'credentials of another source': [
    { credentials: { secret: { name: 'key' }, nodeRole: { name: 'role' }, rrsa: { roleName: 'r' } } },
    [
      'credentials.rrsa: must not be set if credentials.source is default',
      'credentials.secret.name: must not be set if credentials.source is default',
      'credentials.nodeRole.name: must not be set if credentials.source is default',
    ],
  ],
  'credentials in two places': [
    {
      config: { sls: { region: 'cn-beijing', credentials: { source: 'environment' } } },
      credentials: { source: 'node-role' },
    },
    ['config.sls.credentials: must not be set if credentials.source is node-role'],
  ],
  'a key in a variable': [
    { extraEnv: [{ name: 'AccessKeySecret', value: 'x' }] },
    ['extraEnv[0].value: must not contain a key: name a Secret by valueFrom.secretKeyRef'],
  ],
  'a budget with both limits': [
    { podDisruptionBudget: { minAvailable: 1 } },
    ["podDisruptionBudget.minAvailable: must not be set together with maxUnavailable: set that to ''"],
  ],
  'a budget that keeps all pods': [
    { podDisruptionBudget: { maxUnavailable: '', minAvailable: 2 } },
    [
      'podDisruptionBudget.minAvailable: must be less than replicas (2), else none of their nodes can be drained',
    ],
  ],
  'labels that the chart sets': [
    {
      commonLabels: { team: 'a', 'app.kubernetes.io/managed-by': 'me' },
      podLabels: { 'app.kubernetes.io/name': 'a' },
    },
    [
      'commonLabels: must not have app.kubernetes.io/managed-by, which the chart sets',
      'podLabels: must not have app.kubernetes.io/name, which the chart sets',
    ],
  ],
  'a probe with two handlers, and one without': [
    { livenessProbe: { tcpSocket: { port: 'https' } }, readinessProbe: { httpGet: null } },
    [
      'livenessProbe: must have one of exec, grpc, httpGet and tcpSocket, but has httpGet and tcpSocket: set the one of the chart to null',
      'readinessProbe: must have one of exec, grpc, httpGet and tcpSocket, but has none: set the one of the chart to null',
    ],
  ],
  'a PodMonitor of a port on loopback': [
    { config: { ...leastValues.config, telemetry: { port: 9090 } }, podMonitor: { enabled: true } },
    [
      'config.telemetry.bindAddress: must be 0.0.0.0 for podMonitor: Prometheus cannot reach the port at 127.0.0.1',
    ],
  ],
};

describe.each([refusingHelm])('Helm %i refuses, with path and reason,', (helm) => {
  it.each(Object.entries(bySchema))('%s', async (_, [values, path, reason]) => {
    const said = await refusal({ chart, helm, values: { ...leastValues, ...values } });
    // Helm 3: `- tls.mode: …`, Helm 4: `- at '/tls/mode': …`, and indented below it where there are several reasons.
    const faults = said.split('\n').filter((line) => /^ *- /.test(line));
    const line = faults.find((one) => reason.test(one)) ?? '';
    const shown = helm === 3 ? path || '(root)' : `'${path && '/'}${path.replaceAll('.', '/')}'`;
    expect(line, said).toContain(shown);
  });
});

describe('the chart refuses, with path and reason,', () => {
  it.each(Object.entries(byChart))('%s', async (_, [values, reasons]) => {
    const said = await refusal({ chart, values: { ...leastValues, ...values } });
    const [, faults = ''] = said.split('wrong values:\n');
    expect(faults.split('\n\n')[0]?.split('\n')).toEqual(reasons.map((reason) => `  ${reason}`));
  });

  it.each(['my.adapter', '1adapter'])(
    'a release whose name gives no valid Service name: %s',
    async (release) => {
      expect(await refusal({ chart, release, values: leastValues })).toContain(
        `fullnameOverride: must be set, since ${release}-sls-metrics-adapter is not a valid Service name`,
      );
    },
  );

  it('an access key in any value, without printing it', async () => {
    const key = `LTAI5t${'Example'.repeat(2)}`;
    const said = await refusal({ chart, values: { ...leastValues, podAnnotations: { note: key } } });
    expect(said).toContain('podAnnotations: must not contain an access key (LTAI…)');
    expect(said.split('wrong values:')[1]).not.toContain(key);
  });
});
