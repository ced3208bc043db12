import type { Catalog, MetricDefinition } from '../../metric/catalog.ts';
import { labelsOf } from '../../metric/label-values.ts';
import { group, groupVersion, listKind, version } from './discovery.ts';
import { schemaNames, type Schema, type SchemaName } from './openapi-schemas.ts';

/** A GET operation, in the terms that both versions of OpenAPI share. */
export interface Operation {
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly description: string;
  readonly returns: SchemaName;
  readonly jsonOnly: boolean;
  readonly parameters: readonly Parameter[];
  /** Kubernetes' own fields. `kubectl explain` and generated clients read them. */
  readonly extensions: Schema;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description: string;
}

const plain = { jsonOnly: false, parameters: [], extensions: {} };
const groupTag = 'externalMetrics';
const versionTag = `${groupTag}_${version}`;

/** Operations of the server, not of the group version: discovery of groups, and the version. */
export const serverOperations: readonly Operation[] = [
  {
    ...plain,
    path: '/apis/',
    operationId: 'getAPIVersions',
    tag: 'apis',
    description: 'get available API groups',
    returns: schemaNames.groupList,
  },
  {
    ...plain,
    path: `/apis/${group}/`,
    operationId: 'getExternalMetricsAPIGroup',
    tag: groupTag,
    description: 'get information of a group',
    returns: schemaNames.group,
  },
  {
    ...plain,
    path: '/version/',
    operationId: 'getCodeVersion',
    tag: 'version',
    description: 'get the version of this server',
    returns: schemaNames.versionInfo,
    jsonOnly: true,
  },
];

/** Operations of the group version: the list of metrics, and a read of each. */
export function groupVersionOperations({ metrics }: Catalog): Operation[] {
  const resources: Operation = {
    ...plain,
    path: `/apis/${groupVersion}/`,
    operationId: 'getExternalMetricsV1beta1APIResources',
    tag: versionTag,
    description: 'get available metrics',
    returns: schemaNames.resourceList,
  };
  return [resources, ...metrics.map(readOperation)];
}

function readOperation(metric: MetricDefinition): Operation {
  const { name, description, unit } = metric;
  return {
    path: `/apis/${groupVersion}/namespaces/{namespace}/${name}`,
    operationId: `listExternalMetricsV1beta1Namespaced${camelCase(name)}`,
    tag: versionTag,
    description: `${description}, in ${unit}`,
    returns: schemaNames.list,
    jsonOnly: false,
    parameters: [
      {
        name: 'namespace',
        in: 'path',
        required: true,
        description: 'Namespace of the HorizontalPodAutoscaler.',
      },
      { name: 'labelSelector', in: 'query', required: false, description: selectorDescription(metric) },
      { name: 'pretty', in: 'query', required: false, description: 'If true, JSON is indented.' },
    ],
    extensions: {
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
