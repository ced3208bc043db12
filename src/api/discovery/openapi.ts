import type { FastifyRequest } from 'fastify';
import type { Catalog } from '../../metric/catalog.ts';
import { encodeJson } from '../read/encode.ts';
import { negotiate, notAcceptable, sendBytes } from '../read/representation.ts';
import type { RegisterGet } from '../server/server.ts';
import { groupVersion } from './discovery.ts';
import { openApiV2, openApiV3 } from './openapi-documents.ts';
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
  const info = { title: 'sls-metrics-adapter', version: gitVersion };
  const v2 = encodeJson(openApiV2(catalog, info), false);
  const v3 = encodeJson(openApiV3(catalog, info), false);
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
