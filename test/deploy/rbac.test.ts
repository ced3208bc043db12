import { beforeAll, expect, it } from 'vitest';

import { adapterManifests, renderManifests, type KubernetesObject } from '../support/manifests.ts';
import { listMetrics } from '../support/catalog.ts';

interface Role extends KubernetesObject {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

interface Binding extends KubernetesObject {
  readonly roleRef: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  readonly subjects: readonly unknown[];
}

let objects: KubernetesObject[];
beforeAll(async () => {
  objects = await renderManifests(adapterManifests);
});

const rolesOf = () => objects.filter(({ kind }) => /^(Cluster)?Role$/.test(kind)) as Role[];
const bindingsOf = () => objects.filter(({ kind }) => /^(Cluster)?RoleBinding$/.test(kind)) as Binding[];

const adapter = { kind: 'ServiceAccount', name: 'sls-metrics-adapter', namespace: 'sls-metrics-adapter' };
const controller = { kind: 'ServiceAccount', name: 'horizontal-pod-autoscaler', namespace: 'kube-system' };

it('deploy/adapter grants these rules and no other', () => {
  expect(rolesOf().map(({ kind, metadata, rules }) => ({ kind, name: metadata.name, rules }))).toEqual([
    {
      kind: 'ClusterRole',
      name: 'sls-metrics-adapter-apiservice',
      rules: [
        {
          apiGroups: ['apiregistration.k8s.io'],
          resources: ['apiservices'],
          resourceNames: ['v1beta1.external.metrics.k8s.io'],
          verbs: ['get', 'patch'],
        },
      ],
    },
    {
      kind: 'ClusterRole',
      name: 'sls-metrics-adapter-autoscalers',
      rules: [
        {
          apiGroups: ['autoscaling'],
          resources: ['horizontalpodautoscalers'],
          verbs: ['list'],
        },
      ],
    },
    {
      kind: 'ClusterRole',
      name: 'sls-metrics-adapter-metrics-reader',
      rules: [
        {
          apiGroups: ['external.metrics.k8s.io'],
          resources: listMetrics().map(({ name }) => name),
          verbs: ['get', 'list'],
        },
      ],
    },
  ]);
});

it('deploy/adapter binds these roles to these subjects and no other', () => {
  const bound = bindingsOf().map(({ kind, metadata: { namespace }, roleRef, subjects }) => ({
    binding: namespace === undefined ? kind : `${kind} in ${namespace}`,
    role: `${roleRef.apiGroup}/${roleRef.kind} ${roleRef.name}`,
    subjects,
  }));
  const group = 'rbac.authorization.k8s.io';
  expect(bound.sort((a, b) => a.role.localeCompare(b.role))).toEqual([
    {
      binding: 'ClusterRoleBinding',
      role: `${group}/ClusterRole sls-metrics-adapter-apiservice`,
      subjects: [adapter],
    },
    {
      binding: 'ClusterRoleBinding',
      role: `${group}/ClusterRole sls-metrics-adapter-autoscalers`,
      subjects: [adapter],
    },
    {
      binding: 'ClusterRoleBinding',
      role: `${group}/ClusterRole sls-metrics-adapter-metrics-reader`,
      subjects: [controller],
    },
    {
      binding: 'ClusterRoleBinding',
      role: `${group}/ClusterRole system:auth-delegator`,
      subjects: [adapter],
    },
    {
      binding: 'RoleBinding in kube-system',
      role: `${group}/Role extension-apiserver-authentication-reader`,
      subjects: [adapter],
    },
  ]);
});

it('deploy/adapter grants no wildcard and no access to Secrets', () => {
  const words = rolesOf().flatMap(({ rules }) => rules.flatMap((rule) => Object.values(rule).flat()));
  expect(words.filter((word) => word.includes('*') || word === 'secrets')).toEqual([]);
});
