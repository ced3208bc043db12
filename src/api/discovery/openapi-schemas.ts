import { group, listKind, version } from './discovery.ts';

/** The part of JSON Schema that both versions of OpenAPI have. */
export type Schema = Readonly<Record<string, unknown>>;

/** Returns a reference to a schema of the same document. OpenAPI 2 and 3 keep schemas in different places. */
export type Refer = (name: SchemaName, description?: string) => Schema;

const metaPrefix = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const metricsPrefix = 'io.k8s.metrics.pkg.apis.external_metrics.v1beta1';

/** Kubernetes' own names of these types, so that its merged document has each type once. */
export const schemaNames = {
  list: `${metricsPrefix}.ExternalMetricValueList`,
  value: `${metricsPrefix}.ExternalMetricValue`,
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  time: `${metaPrefix}.Time`,
  listMeta: `${metaPrefix}.ListMeta`,
  groupList: `${metaPrefix}.APIGroupList`,
  group: `${metaPrefix}.APIGroup`,
  groupVersion: `${metaPrefix}.GroupVersionForDiscovery`,
  resourceList: `${metaPrefix}.APIResourceList`,
  resource: `${metaPrefix}.APIResource`,
  versionInfo: 'io.k8s.apimachinery.pkg.version.Info',
} as const;

export type SchemaName = (typeof schemaNames)[keyof typeof schemaNames];

const string = (description: string): Schema => ({ description, type: 'string' });
const list = (items: Schema, description: string): Schema => ({ description, type: 'array', items });

const typeMeta = {
  apiVersion: string('Group and version of this object.'),
  kind: string('Kind of this object.'),
};

const object = (description: string, required: readonly string[], properties: Record<string, Schema>) => ({
  description,
  type: 'object',
  required,
  properties,
});

const kindOf = (kindGroup: string, kindVersion: string, kind: string) => ({
  'x-kubernetes-group-version-kind': [{ group: kindGroup, version: kindVersion, kind }],
});

function metricSchemas(refer: Refer) {
  return {
    [schemaNames.list]: {
      ...object('The values of one external metric, for the autoscaler to sum.', ['items'], {
        ...typeMeta,
        metadata: refer(schemaNames.listMeta, 'Always empty.'),
        items: list(refer(schemaNames.value), 'One per requested route.'),
      }),
      ...kindOf(group, version, listKind),
    },
    [schemaNames.value]: object(
      'One value of an external metric.',
      ['metricName', 'metricLabels', 'timestamp', 'value'],
      {
        ...typeMeta,
        metricName: string('Name of the metric.'),
        metricLabels: {
          description: 'Labels that identify this value and its source.',
          type: 'object',
          additionalProperties: { type: 'string' },
        },
        timestamp: refer(schemaNames.time, 'End of the counted window.'),
        window: { description: 'Length of that window in seconds.', type: 'integer', format: 'int64' },
        value: refer(schemaNames.quantity, 'The value, in the unit of the metric.'),
      },
    ),
    [schemaNames.quantity]: string('A decimal number with a suffix: 7875m is 7.875, 1k is 1000.'),
    [schemaNames.time]: { description: 'RFC 3339, in UTC.', type: 'string', format: 'date-time' },
    [schemaNames.listMeta]: {
      description: 'Metadata of a list.',
      type: 'object',
      properties: { resourceVersion: string('Never set: a reading has no version.') },
    },
  };
}

function discoverySchemas(refer: Refer) {
  const { groupVersion } = schemaNames;
  return {
    [schemaNames.groupList]: {
      ...object('The API groups of this server.', ['groups'], {
        ...typeMeta,
        groups: list(refer(schemaNames.group), 'The groups.'),
      }),
      ...kindOf('', 'v1', 'APIGroupList'),
    },
    [schemaNames.group]: {
      ...object('One API group.', ['name', 'versions'], {
        ...typeMeta,
        name: string('Name of the group.'),
        versions: list(refer(groupVersion), 'Its versions.'),
        preferredVersion: refer(groupVersion, 'The version to prefer.'),
      }),
      ...kindOf('', 'v1', 'APIGroup'),
    },
    [groupVersion]: object('One version of an API group.', ['groupVersion', 'version'], {
      groupVersion: string('Group and version, separated by a slash.'),
      version: string('The version without the group.'),
    }),
    [schemaNames.resourceList]: {
      ...object('The resources of one version of an API group.', ['groupVersion', 'resources'], {
        ...typeMeta,
        groupVersion: string('Group and version of the resources.'),
        resources: list(refer(schemaNames.resource), 'The resources: the metrics.'),
      }),
      ...kindOf('', 'v1', 'APIResourceList'),
    },
    [schemaNames.resource]: object('One resource.', ['name', 'singularName', 'namespaced', 'kind', 'verbs'], {
      name: string('Name of the resource: the metric.'),
      singularName: string('Empty.'),
      namespaced: { description: 'Whether it belongs to a namespace.', type: 'boolean' },
      kind: string('Kind that a read returns.'),
      verbs: list({ type: 'string' }, 'The supported verbs.'),
    }),
  };
}

function versionSchemas() {
  const names = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate'];
  const all = [...names, 'goVersion', 'compiler', 'platform'];
  const properties = Object.fromEntries(all.map((name) => [name, { type: 'string' }]));
  return { [schemaNames.versionInfo]: object('Version of this server.', all, properties) };
}

/** Every schema, by name. */
export const schemas = (refer: Refer): Readonly<Record<SchemaName, Schema>> => ({
  ...metricSchemas(refer),
  ...discoverySchemas(refer),
  ...versionSchemas(),
});
