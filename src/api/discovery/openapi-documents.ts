import { labelsOf, type Catalog, type MetricDefinition } from '../../metric/catalog.ts';
import { objectMediaTypes } from '../read/encode.ts';
import { group, groupVersion, version } from './discovery.ts';
import {
  definitions,
  groupVersionKind,
  listGroupVersionKind,
  listType,
  refer,
  string,
} from './openapi-types.ts';

const groupTag = 'externalMetrics';
const versionTag = `${groupTag}_${version}`;
const unauthorized = { description: 'Unauthorized' };

const get = (operationId: string, tag: string, description: string, schema?: object) => ({
  ...{ description, tags: [tag], operationId, produces: objectMediaTypes as readonly string[] },
  parameters: [] as readonly { readonly type: string }[],
  responses: { 200: { description: 'OK', ...(schema && { schema }) }, 401: unauthorized },
});

const serverPaths = {
  '/apis/': { get: get('getAPIVersions', 'apis', 'get available API groups') },
  [`/apis/${group}/`]: {
    get: get('getExternalMetricsAPIGroup', groupTag, 'get information of a group'),
  },
  '/version/': {
    get: {
      ...get('getCodeVersion', 'version', 'get the version of this server'),
      produces: ['application/json'],
    },
  },
};

/** Returns the paths of the group version: the list of metrics, and a read of each. */
const groupVersionPaths = ({ metrics }: Catalog) => ({
  [`/apis/${groupVersion}/`]: {
    get: get('getExternalMetricsV1beta1APIResources', versionTag, 'get available metrics'),
  },
  ...Object.fromEntries(
    metrics.map((metric) => [
      `/apis/${groupVersion}/namespaces/{namespace}/${metric.name}`,
      { get: readOperation(metric) },
    ]),
  ),
});

function readOperation(metric: MetricDefinition) {
  const { name, description, unit } = metric;
  const operationId = `listExternalMetricsV1beta1Namespaced_${name}`;
  const labels = labelsOf(metric).map((label) => `- ${label.name}: ${label.description}`);
  const selector = 'What to read, as in the metric selector of a HorizontalPodAutoscaler. Labels:';
  return {
    ...get(operationId, versionTag, `${description}, in ${unit}`, refer(listType)),
    parameters: [
      {
        name: 'namespace',
        in: 'path',
        required: true,
        ...string('Namespace of the HorizontalPodAutoscaler.'),
      },
      { name: 'labelSelector', in: 'query', ...string([selector, ...labels].join('\n')) },
      { name: 'pretty', in: 'query', ...string('If true, JSON is indented.') },
    ],
    'x-kubernetes-action': 'list',
    [groupVersionKind]: listGroupVersionKind,
  };
}

/**
 * Returns `/openapi/v2`, which describes every path. The API server merges it into its own.
 *
 * Source: OpenAPI Specification 2.0.
 */
export const openApiV2 = (catalog: Catalog, info: object) => ({
  swagger: '2.0',
  info,
  paths: { ...serverPaths, ...groupVersionPaths(catalog) },
  definitions,
});

/**
 * Returns `/openapi/v3/apis/external.metrics.k8s.io/v1beta1`: the metrics and their list.
 *
 * Source: OpenAPI Specification 3.0.0.
 */
export function openApiV3(catalog: Catalog, info: object): unknown {
  const paths = Object.entries(groupVersionPaths(catalog)).map(([path, { get: operation }]) => {
    const { produces, parameters, responses, ...fields } = operation;
    const { description, ...body } = responses[200];
    const content = Object.fromEntries(produces.map((mediaType) => [mediaType, body]));
    const inPath = parameters.map(({ type: fieldType, ...rest }) => ({
      ...rest,
      schema: { type: fieldType },
    }));
    const answers = { 200: { description, content }, 401: unauthorized };
    return [path, { get: { ...fields, parameters: inPath, responses: answers } }];
  });
  const document = {
    openapi: '3.0.0',
    info,
    paths: Object.fromEntries(paths) as unknown,
    components: { schemas: definitions },
  };
  return JSON.parse(JSON.stringify(document, asV3)) as unknown;
}

/** OpenAPI 3.0 keeps types in another place, and ignores fields beside a `$ref`. */
function asV3(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return value;
  const { $ref, ...fields } = value;
  const reference = { $ref: String($ref).replace('#/definitions/', '#/components/schemas/') };
  return Object.keys(fields).length === 0 ? reference : { ...fields, allOf: [reference] };
}
