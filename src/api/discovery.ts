import { listMetrics } from '../metric/catalog.ts';

export const group = 'external.metrics.k8s.io';
export const version = 'v1beta1';
export const groupVersion = `${group}/${version}`;

/** The kind of every answer to a read. Source: k8s.io/metrics/pkg/apis/external_metrics/v1beta1. */
export const listKind = 'ExternalMetricValueList';

const groupVersionForDiscovery = { groupVersion, version };

const apiGroup = {
  name: group,
  versions: [groupVersionForDiscovery],
  preferredVersion: groupVersionForDiscovery,
};

/** `/apis` */
export const apiGroupList = { kind: 'APIGroupList', apiVersion: 'v1', groups: [apiGroup] };

/** `/apis/external.metrics.k8s.io` */
export const apiGroupDocument = { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup };

/** `/apis/external.metrics.k8s.io/v1beta1`: one resource a metric, in a stable order. */
export function apiResourceList(): unknown {
  const resources = listMetrics().map(({ name }) => ({
    name,
    singularName: '',
    namespaced: true,
    kind: listKind,
    verbs: ['get'],
  }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}
