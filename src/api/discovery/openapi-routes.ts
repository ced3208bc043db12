import type { FastifyRequest } from 'fastify';
import type { Catalog } from '../../metric/catalog.ts';
import { groupVersion } from './discovery.ts';
import { encodeJson, notAcceptable, sendBytes } from '../read/encoding.ts';
import { negotiate } from '../read/negotiation.ts';
import { openApiV2, openApiV3 } from './openapi.ts';
import type { RegisterGet } from '../server/route.ts';
import { documentOf, sendDocument } from './static-document.ts';

const json = 'application/json';
const indexPath = '/openapi/v3';
/** The server lists this group version alone: any other key would stand for a part of the API server's own. */
const documentKey = `apis/${groupVersion}`;
/** What the hash names never changes. */
const hashedCaching = 'public, immutable, max-age=31536000';

/**
 * OpenAPI, in JSON alone. Old clients that ask only for OpenAPI's own protobuf get 406, as Go answers for what it
 * lacks.
 *
 * Source: k8s.io/kube-openapi/pkg/handler and handler3.
 */
export function registerOpenApi(get: RegisterGet, catalog: Catalog, gitVersion: string): void {
  const v2 = documentOf(encodeJson(openApiV2(catalog, gitVersion), false));
  const v3 = documentOf(encodeJson(openApiV3(catalog, gitVersion), false));
  const v3Url = `${indexPath}/${documentKey}?hash=${v3.hash}`;
  const index = documentOf(encodeJson({ paths: { [documentKey]: { serverRelativeURL: v3Url } } }, false));
  get('/openapi/v2', (request, reply) => {
    requireJson(request);
    return sendDocument(request, reply, json, v2);
  });
  get(indexPath, (request, reply) => sendDocument(request, reply, json, index));
  get(`${indexPath}/${documentKey}`, (request, reply) => {
    requireJson(request);
    const { hash } = request.query as { readonly hash?: unknown };
    if (hash === undefined || hash === '') return sendDocument(request, reply, json, v3);
    if (hash === v3.hash) return sendDocument(request, reply, json, v3, hashedCaching);
    reply.code(301).header('location', v3Url);
    return sendBytes(reply, 'text/plain; charset=utf-8', Buffer.from(`moved to ${v3Url}\n`));
  });
}

/** @throws AdapterError `NotAcceptable` */
function requireJson(request: FastifyRequest): void {
  if (negotiate(request.headers.accept, [json], () => true) === undefined) throw notAcceptable([json]);
}
