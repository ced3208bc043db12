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
};

describe.each(helmMajors)('Helm %i refuses, with path and reason,', (helm) => {
  it.each(Object.entries(bySchema))(
    '%s',
    async (_, [values, path, reason]) => {
      const said = await refusal({ chart, helm, values: { ...leastValues, ...values } });
      // Helm 3: `- tls.mode: …`, Helm 4: `- at '/tls/mode': …`.
      const faults = said.split('\n').filter((line) => line.startsWith('- '));
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
