import type { Catalog } from '../../metric/catalog.ts';
import { objectMediaTypes } from '../read/negotiation.ts';
import { groupVersionOperations, serverOperations, type Operation } from './openapi-operations.ts';
import { schemas, type Refer, type SchemaName } from './openapi-schemas.ts';

/**
 * The documents of OpenAPI 2 and 3, from the same operations and schemas. The API server merges them into its own,
 * and `kubectl explain` reads them there.
 *
 * Source: OpenAPI Specification 2.0 and 3.0.0; k8s.io/kube-openapi for the fields `x-kubernetes-…`.
 */
const mediaTypesOf = ({ jsonOnly }: Operation) =>
  jsonOnly ? (['application/json'] as const) : objectMediaTypes;

const info = (gitVersion: string) => ({ title: 'sls-metrics-adapter', version: gitVersion });

const unauthorized = { 401: { description: 'Unauthorized' } };

const commonFields = ({ description, tag, operationId, extensions }: Operation) => ({
  description,
  tags: [tag],
  operationId,
  ...extensions,
});

/** `/openapi/v2`: everything. */
export function openApiV2(catalog: Catalog, gitVersion: string) {
  const path = (name: SchemaName) => ({ $ref: `#/definitions/${name}` });
  const refer: Refer = (name, description) =>
    description === undefined ? path(name) : { description, ...path(name) };
  const get = (operation: Operation) => ({
    ...commonFields(operation),
    produces: mediaTypesOf(operation),
    parameters: operation.parameters.map((parameter) => ({ ...parameter, type: 'string' })),
    responses: { 200: { description: 'OK', schema: path(operation.returns) }, ...unauthorized },
  });
  const operations = [...serverOperations, ...groupVersionOperations(catalog)];
  return {
    swagger: '2.0',
    info: info(gitVersion),
    paths: Object.fromEntries(operations.map((operation) => [operation.path, { get: get(operation) }])),
    definitions: schemas(refer),
  };
}

/** `/openapi/v3/apis/external.metrics.k8s.io/v1beta1`: the metrics and the list of them. */
export function openApiV3(catalog: Catalog, gitVersion: string) {
  const path = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
  // Nothing may stand beside a $ref.
  const refer: Refer = (name, description) =>
    description === undefined ? path(name) : { description, allOf: [path(name)] };
  const get = (operation: Operation) => ({
    ...commonFields(operation),
    parameters: operation.parameters.map((parameter) => ({ ...parameter, schema: { type: 'string' } })),
    responses: {
      200: {
        description: 'OK',
        content: Object.fromEntries(
          mediaTypesOf(operation).map((mediaType) => [mediaType, { schema: path(operation.returns) }]),
        ),
      },
      ...unauthorized,
    },
  });
  return {
    openapi: '3.0.0',
    info: info(gitVersion),
    paths: Object.fromEntries(
      groupVersionOperations(catalog).map((operation) => [operation.path, { get: get(operation) }]),
    ),
    components: { schemas: schemas(refer) },
  };
}
