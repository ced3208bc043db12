import type { Catalog } from '../../metric/catalog.ts';

export const group = 'external.metrics.k8s.io';
export const version = 'v1beta1';
export const groupVersion = `${group}/${version}`;

/** The kind of every reading. Source: k8s.io/metrics/pkg/apis/external_metrics/v1beta1. */
export const listKind = 'ExternalMetricValueList';

const preferredVersion = { groupVersion, version };
const apiGroup = { name: group, versions: [preferredVersion], preferredVersion };
const verbs = ['get'];

/** `/apis` */
export const apiGroupList = { kind: 'APIGroupList', apiVersion: 'v1', groups: [apiGroup] } as const;

/** `/apis/external.metrics.k8s.io` */
export const apiGroupDocument = { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup } as const;

/** `/apis/external.metrics.k8s.io/v1beta1`: one resource per metric, in a stable order. */
export function apiResourceList({ metrics }: Catalog) {
  const one = { singularName: '', namespaced: true, kind: listKind, verbs };
  const resources = metrics.map(({ name }) => ({ name, ...one }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources } as const;
}

export const discoveryGroup = 'apidiscovery.k8s.io';
export const discoveryKind = 'APIGroupDiscoveryList';

/** `/apis` for clients that want everything in one response. Source: k8s.io/api/apidiscovery/v2. */
export function apiGroupDiscoveryList({ metrics }: Catalog, discoveryVersion: string): unknown {
  const resources = metrics.map(({ name }) => ({
    resource: name,
    responseKind: { group, version, kind: listKind },
    scope: 'Namespaced',
    singularResource: '',
    verbs,
  }));
  return {
    kind: discoveryKind,
    apiVersion: `${discoveryGroup}/${discoveryVersion}`,
    metadata: {},
    items: [{ metadata: { name: group }, versions: [{ version, resources, freshness: 'Current' }] }],
  };
}
