import { labelsOf, type Catalog, type MetricDefinition } from '../../metric/catalog.ts';
import { group, groupVersion, listKind, version } from './discovery.ts';
import { schemaNames, type Schema, type SchemaName } from './openapi-schemas.ts';

/** A GET operation, in the terms that both versions of OpenAPI share. */
export interface Operation {
  readonly path: string;
  readonly returns: SchemaName;
  /** It has no other representation. */
  readonly jsonOnly?: boolean;
  readonly parameters?: readonly { readonly name: string; readonly in: 'path' | 'query' }[];
  /** Fields that are the same in both versions. `kubectl explain` and generated clients read those of Kubernetes. */
  readonly fields: Schema;
}

const groupTag = 'externalMetrics';
const versionTag = `${groupTag}_${version}`;

const fieldsOf = (operationId: string, tag: string, description: string): Schema => ({
  description,
  tags: [tag],
  operationId,
});

/** Operations of the server, not of the group version: discovery of groups, and the version. */
export const serverOperations: readonly Operation[] = [
  {
    path: '/apis/',
    returns: schemaNames.groupList,
    fields: fieldsOf('getAPIVersions', 'apis', 'get available API groups'),
  },
  {
    path: `/apis/${group}/`,
    returns: schemaNames.group,
    fields: fieldsOf('getExternalMetricsAPIGroup', groupTag, 'get information of a group'),
  },
  {
    path: '/version/',
    returns: schemaNames.versionInfo,
    jsonOnly: true,
    fields: fieldsOf('getCodeVersion', 'version', 'get the version of this server'),
  },
];

/** Operations of the group version: the list of metrics, and a read of each. */
export function groupVersionOperations({ metrics }: Catalog): Operation[] {
  const resources: Operation = {
    path: `/apis/${groupVersion}/`,
    returns: schemaNames.resourceList,
    fields: fieldsOf('getExternalMetricsV1beta1APIResources', versionTag, 'get available metrics'),
  };
  return [resources, ...metrics.map(readOperation)];
}

function readOperation(metric: MetricDefinition): Operation {
  const { name, description, unit } = metric;
  const operationId = `listExternalMetricsV1beta1Namespaced${camelCase(name)}`;
  const parameters = [
    ['namespace', 'path', 'Namespace of the HorizontalPodAutoscaler.'],
    ['labelSelector', 'query', selectorDescription(metric)],
    ['pretty', 'query', 'If true, JSON is indented.'],
  ] as const;
  return {
    path: `/apis/${groupVersion}/namespaces/{namespace}/${name}`,
    returns: schemaNames.list,
    parameters: parameters.map(([parameter, place, description]) => ({
      name: parameter,
      in: place,
      required: place === 'path',
      description,
    })),
    fields: {
      ...fieldsOf(operationId, versionTag, `${description}, in ${unit}`),
      'x-kubernetes-action': 'list',
      'x-kubernetes-group-version-kind': { group, version, kind: listKind },
    },
  };
}

const selectorDescription = (metric: MetricDefinition) =>
  [
    'What to read, as in the metric selector of a HorizontalPodAutoscaler. Labels:',
    ...labelsOf(metric).map(({ name, description }) => `- ${name}: ${description}`),
  ].join('\n');

const camelCase = (name: string) =>
  name
    .split('_')
    // A digit has no upper case, so keep the underscore: `a_1` and `a1` must differ.
    .map((word) => (/^\d/.test(word) ? `_${word}` : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
