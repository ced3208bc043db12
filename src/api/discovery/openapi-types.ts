import { group, listKind, version } from './discovery.ts';

/** `kubectl explain` and generated clients read these fields. Source: k8s.io/kube-openapi. */
export const groupVersionKind = 'x-kubernetes-group-version-kind';
export const listGroupVersionKind = { group, version, kind: listKind };

/** Kubernetes' own names of these types. The API server adds `_v2` to those that differ from its own. */
const prefix = 'io.k8s.metrics.pkg.apis.external_metrics.v1beta1';
export const listType = `${prefix}.${listKind}`;
const valueType = `${prefix}.ExternalMetricValue`;
const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const time = 'io.k8s.apimachinery.pkg.apis.meta.v1.Time';
const listMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';

/** Returns a reference to a type, as OpenAPI 2 has it. */
export const refer = (name: string) => ({ $ref: `#/definitions/${name}` });
export const string = (description: string) => ({ description, type: 'string' });

const typeMeta = {
  apiVersion: string('Group and version of this object.'),
  kind: string('Kind of this object.'),
};

/** The types of a reading. */
export const definitions = {
  [listType]: {
    description: 'The values of one external metric, for the autoscaler to sum.',
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMeta,
      metadata: { description: 'Always empty.', ...refer(listMeta) },
      items: {
        description: 'One per requested route.',
        type: 'array',
        items: refer(valueType),
      },
    },
    [groupVersionKind]: [listGroupVersionKind],
  },
  [valueType]: {
    description: 'One value of an external metric.',
    type: 'object',
    required: ['metricName', 'metricLabels', 'timestamp', 'value'],
    properties: {
      ...typeMeta,
      metricName: string('Name of the metric.'),
      metricLabels: {
        description: 'Labels that identify this value and its source.',
        type: 'object',
        additionalProperties: { type: 'string' },
      },
      timestamp: { description: 'End of the counted window.', ...refer(time) },
      window: { description: 'Length of that window in seconds.', type: 'integer', format: 'int64' },
      value: { description: 'The value, in the unit of the metric.', ...refer(quantity) },
    },
  },
  [quantity]: string('A decimal number with a suffix: 7875m is 7.875, 1k is 1000.'),
  [time]: { ...string('RFC 3339, in UTC.'), format: 'date-time' },
  [listMeta]: {
    description: 'Metadata of a list.',
    type: 'object',
    properties: { resourceVersion: string('Never set: a reading has no version.') },
  },
};
