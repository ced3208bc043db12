import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCatalog } from '../../../src/metric/catalog.ts';
import { only, type KubernetesObject } from '../../support/manifests.ts';
import { restrictedFaults, type ProfiledPod } from '../support/restricted-profile.ts';
import { chart, ciFiles, leastValues, render, renderFile } from './chart.ts';

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

type Role = KubernetesObject & { readonly rules: readonly Rule[] };
type Binding = KubernetesObject & {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
};

const rendered = new Map<string, KubernetesObject[]>();
beforeAll(async () => {
  for (const file of ciFiles) rendered.set(file, await renderFile(file));
});

const all = () => [...rendered.values()].flat();
const rolesIn = (file: string) =>
  (rendered.get(file) ?? []).filter(({ kind }) => kind.endsWith('Role')) as Role[];

/** Returns `role → subject`, with the Namespace of the binding. */
const grantsIn = (file: string) =>
  (rendered.get(file) ?? [])
    .filter(({ kind }) => kind.endsWith('RoleBinding'))
    .map((object) => object as Binding)
    .map(({ metadata: { namespace = 'everywhere' }, roleRef, subjects }) => {
      const who = subjects.map((subject) => `${subject.namespace}/${subject.name}`);
      return `${roleRef.kind} ${roleRef.name} → ${who.join()} in ${namespace}`;
    })
    .sort();

const metrics = createCatalog().metrics.map(({ name }) => name);
const known = {
  apiservice: {
    apiGroups: ['apiregistration.k8s.io'],
    resources: ['apiservices'],
    resourceNames: ['v1beta1.external.metrics.k8s.io'],
    verbs: ['get', 'patch'],
  },
  autoscalers: {
    apiGroups: ['autoscaling'],
    resources: ['horizontalpodautoscalers'],
    verbs: ['list'],
  },
  'metrics-reader': { apiGroups: ['external.metrics.k8s.io'], resources: metrics, verbs: ['get', 'list'] },
  scraper: { nonResourceURLs: ['/metrics'], verbs: ['get'] },
};

const self = 'sls-metrics-adapter/sls-metrics-adapter';
const controller = 'kube-system/horizontal-pod-autoscaler';
const common = [
  `ClusterRole sls-metrics-adapter-metrics-reader → ${controller} in everywhere`,
  `ClusterRole system:auth-delegator → ${self} in everywhere`,
  `Role extension-apiserver-authentication-reader → ${self} in kube-system`,
];
const watching = `ClusterRole sls-metrics-adapter-autoscalers → ${self} in`;

describe('RBAC rights in the chart', () => {
  it.each<[file: string, roles: readonly (keyof typeof known)[], grants: readonly string[]]>([
    [
      'self-managed-values.yaml',
      ['apiservice', 'autoscalers', 'metrics-reader'],
      [
        `ClusterRole sls-metrics-adapter-apiservice → ${self} in everywhere`,
        `${watching} everywhere`,
        ...common,
      ],
    ],
    [
      'cert-manager-values.yaml',
      ['autoscalers', 'metrics-reader', 'scraper'],
      [
        `ClusterRole sls-metrics-adapter-scraper → monitoring/prometheus in everywhere`,
        `${watching} everywhere`,
        ...common,
      ],
    ],
    [
      'existing-secret-values.yaml',
      ['autoscalers', 'metrics-reader'],
      [`${watching} team-a`, `${watching} team-b`, ...common],
    ],
    ['keda-values.yaml', ['autoscalers', 'metrics-reader'], [`${watching} everywhere`, ...common]],
    [
      'node-role-values.yaml',
      ['apiservice', 'autoscalers', 'metrics-reader'],
      [
        `ClusterRole sls-metrics-adapter-apiservice → ${self} in everywhere`,
        `${watching} everywhere`,
        ...common,
      ],
    ],
  ])('of ci/%s are these rules, given to these, and no other', (file, roles, grants) => {
    const rules = rolesIn(file).map(({ kind, metadata, rules: own }) => [`${kind} ${metadata.name}`, own]);
    expect(rules).toEqual(roles.map((role) => [`ClusterRole sls-metrics-adapter-${role}`, [known[role]]]));
    expect(grantsIn(file)).toEqual(grants.toSorted());
  });

  it('include the watch of HPAs with the status page', async () => {
    const values = { config: { ...leastValues.config, telemetry: { statusPage: true } } };
    const { rules } = only<Role>(await render({ values }), 'ClusterRole', 'sls-metrics-adapter-autoscalers');
    expect(rules).toEqual([{ ...known.autoscalers, verbs: ['list', 'watch'] }]);
  });

  it('the right to read metrics includes the metrics of the configuration', async () => {
    const own = { name: 'app_latency', description: 'Latency', unit: 'ms', aggregate: 'avg(ms)' };
    const values = { config: { ...leastValues.config, metrics: [{ ...own, emptyWindow: 'zero' }] } };
    const { rules } = only<Role>(
      await render({ values }),
      'ClusterRole',
      'sls-metrics-adapter-metrics-reader',
    );
    expect(rules).toEqual([{ ...known['metrics-reader'], resources: [...metrics, 'app_latency'] }]);
  });

  it('rules have no wildcard and no Secrets, and only ServiceAccounts get rights', () => {
    const rules = all().flatMap((object) => ('rules' in object ? (object as Role).rules : []));
    const words = rules.flatMap((rule) => Object.values(rule).flat() as string[]);
    expect(words.length).toBeGreaterThan(0);
    expect(words.filter((word) => word.includes('*') || word.startsWith('secrets'))).toEqual([]);
    const subjects = all().flatMap((object) => ('subjects' in object ? (object as Binding).subjects : []));
    expect(new Set(subjects.map(({ kind }) => kind))).toEqual(new Set(['ServiceAccount']));
  });

  it('viewers of the cluster can read metrics only with rbac.aggregateToView', () => {
    const aggregated = (file: string) =>
      rolesIn(file).flatMap(({ metadata: { name, labels = {} } }) =>
        Object.keys(labels)
          .filter((label) => label.includes('aggregate'))
          .map((label) => `${name} ${label}`),
      );
    expect(aggregated('self-managed-values.yaml')).toEqual([]);
    expect(aggregated('cert-manager-values.yaml')).toEqual([
      'sls-metrics-adapter-metrics-reader rbac.authorization.k8s.io/aggregate-to-view',
    ]);
  });

  it('the pod of `helm test` may read metrics in one namespace, if the values name a metric', async () => {
    const test = { metric: 'sls_ingress_qps', namespace: 'shop' };
    const objects = await render({ values: { ...leastValues, test } });
    const binding = objects.find(
      ({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === 'sls-metrics-adapter-test',
    );
    expect(binding).toMatchObject({
      metadata: { namespace: 'shop' },
      roleRef: { kind: 'ClusterRole', name: 'sls-metrics-adapter-metrics-reader' },
      subjects: [{ name: 'sls-metrics-adapter-test', namespace: 'sls-metrics-adapter' }],
    });
  });

  it('the pod of `helm test` has none otherwise', () => {
    const test = all().find(({ kind }) => kind === 'Pod') as { spec?: { serviceAccountName?: string } };
    expect(test.spec?.serviceAccountName).toBe('sls-metrics-adapter-test');
    expect(ciFiles.flatMap(grantsIn).join()).not.toContain('sls-metrics-adapter-test');
  });
});

describe('security of the pods in the chart', () => {
  it('pods conform to the restricted profile, also that of `helm test`, and have a read-only root', () => {
    const pods = all().flatMap((object) => {
      const { spec } = object as { spec?: ProfiledPod & { template?: { spec: ProfiledPod } } };
      if (object.kind === 'Pod' && spec !== undefined) return [spec];
      return spec?.template === undefined ? [] : [spec.template.spec];
    });
    expect(pods).toHaveLength(2 * ciFiles.length - 1);
    // Only where the values ask for it.
    expect(pods.flatMap(restrictedFaults)).toEqual(['hostNetwork']);
    for (const { securityContext } of pods.flatMap(({ containers }) => containers))
      expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true });
  });

  it('pods mount the token themselves, since the ServiceAccount does not', () => {
    for (const account of all().filter(({ kind }) => kind === 'ServiceAccount'))
      expect(account).toMatchObject({ automountServiceAccountToken: false });
  });

  it('the key comes from a mounted Secret or from a role; the chart creates no Secret', async () => {
    expect(new Set(all().map(({ kind }) => kind))).not.toContain('Secret');
    const values = { credentials: { secret: { securityTokenKey: 'token', accessKeyIdKey: 'id' } } };
    const file = join(chart, 'ci/existing-secret-values.yaml');
    const rotated = JSON.stringify(await render({ valueFiles: [file], values }));
    const items = [
      { key: 'id', path: 'access-key-id' },
      { key: 'access-key-secret', path: 'access-key-secret' },
      { key: 'token', path: 'security-token' },
    ];
    expect(rotated).toContain(JSON.stringify({ secretName: 'sls-key', items }));
  });
});
