import type { FastifyRequest } from 'fastify';
import type { Catalog } from '../../metric/catalog.ts';
import { encodeJson, objectMediaTypes } from '../read/encode.ts';
import { negotiate, notAcceptable, sendBytes } from '../read/representation.ts';
import type { RegisterGet } from '../server/server.ts';
import { groupVersion } from './discovery.ts';
import { groupVersionOperations, serverOperations, type Operation } from './openapi-operations.ts';
import { schemas, type Refer, type SchemaName } from './openapi-schemas.ts';
import { hashOf, sendDocument } from './send-document.ts';

const json = 'application/json';
const indexPath = '/openapi/v3';
/** The index lists only this group version: another key would replace a part of the API server's own document. */
const documentKey = `apis/${groupVersion}`;
/** A document with its hash in the URL never changes. */
const hashedCaching = 'public, immutable, max-age=31536000';

/**
 * Serves OpenAPI, only in JSON. Old clients that accept only OpenAPI's own protobuf get 406, as from Go servers without
 * it.
 *
 * Source: k8s.io/kube-openapi/pkg/handler and handler3.
 */
export function registerOpenApi(get: RegisterGet, catalog: Catalog, gitVersion: string): void {
  const v2 = encodeJson(openApiV2(catalog, gitVersion), false);
  const v3 = encodeJson(openApiV3(catalog, gitVersion), false);
  const v3Hash = hashOf(v3);
  const v3Url = `${indexPath}/${documentKey}?hash=${v3Hash}`;
  const index = encodeJson({ paths: { [documentKey]: { serverRelativeURL: v3Url } } }, false);
  get('/openapi/v2', (request, reply) => {
    requireJson(request);
    return sendDocument(request, reply, json, v2);
  });
  get(indexPath, (request, reply) => sendDocument(request, reply, json, index));
  get(`${indexPath}/${documentKey}`, (request, reply) => {
    requireJson(request);
    const { hash } = request.query as { readonly hash?: unknown };
    if (hash === undefined || hash === '') return sendDocument(request, reply, json, v3);
    if (hash === v3Hash) return sendDocument(request, reply, json, v3, hashedCaching);
    reply.code(301).header('location', v3Url);
    return sendBytes(reply, 'text/plain; charset=utf-8', Buffer.from(`moved to ${v3Url}\n`));
  });
}

/** @throws AdapterError `NotAcceptable` */
function requireJson(request: FastifyRequest): void {
  if (negotiate(request.headers.accept, [json], () => true) === undefined) throw notAcceptable([json]);
}

/**
 * Both documents come from the same operations and schemas. The API server merges them into its own, where
 * `kubectl explain` reads them.
 *
 * Source: OpenAPI Specification 2.0 and 3.0.0; k8s.io/kube-openapi for the fields `x-kubernetes-…`.
 */
const info = (gitVersion: string) => ({ title: 'sls-metrics-adapter', version: gitVersion });

const mediaTypesOf = ({ jsonOnly }: Operation) => (jsonOnly === true ? [json] : objectMediaTypes);

const unauthorized = { 401: { description: 'Unauthorized' } };

/** @param more returns the fields of an operation that depend on the version of OpenAPI */
const pathsOf = (operations: readonly Operation[], more: (operation: Operation) => object) =>
  Object.fromEntries(
    operations.map((operation) => [operation.path, { get: { ...operation.fields, ...more(operation) } }]),
  );

/** `/openapi/v2`: all operations. */
function openApiV2(catalog: Catalog, gitVersion: string) {
  const path = (name: SchemaName) => ({ $ref: `#/definitions/${name}` });
  const refer: Refer = (name, description) =>
    description === undefined ? path(name) : { description, ...path(name) };
  const operations = [...serverOperations, ...groupVersionOperations(catalog)];
  const paths = pathsOf(operations, (operation) => ({
    produces: mediaTypesOf(operation),
    parameters: (operation.parameters ?? []).map((parameter) => ({ ...parameter, type: 'string' })),
    responses: { 200: { description: 'OK', schema: path(operation.returns) }, ...unauthorized },
  }));
  return { swagger: '2.0', info: info(gitVersion), paths, definitions: schemas(refer) };
}

/** `/openapi/v3/apis/external.metrics.k8s.io/v1beta1`: the metrics and their list. */
function openApiV3(catalog: Catalog, gitVersion: string) {
  const path = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
  // OpenAPI 3.0 ignores fields beside a $ref.
  const refer: Refer = (name, description) =>
    description === undefined ? path(name) : { description, allOf: [path(name)] };
  const paths = pathsOf(groupVersionOperations(catalog), (operation) => {
    const body = { schema: path(operation.returns) };
    const content = Object.fromEntries(mediaTypesOf(operation).map((mediaType) => [mediaType, body]));
    return {
      parameters: (operation.parameters ?? []).map((parameter) => ({
        ...parameter,
        schema: { type: 'string' },
      })),
      responses: { 200: { description: 'OK', content }, ...unauthorized },
    };
  });
  return { openapi: '3.0.0', info: info(gitVersion), paths, components: { schemas: schemas(refer) } };
}
