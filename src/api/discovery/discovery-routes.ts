import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Catalog } from '../../metric/catalog.ts';
import { encodeJson, encodeObject, encodeYaml, type KubernetesObject } from '../read/encode.ts';
import {
  negotiate,
  plainJson,
  representationOf,
  withPretty,
  type Transform,
} from '../read/representation.ts';
import type { Handler, RegisterGet } from '../server/server.ts';
import {
  apiGroupDiscoveryList,
  apiGroupDocument,
  apiGroupList,
  apiResourceList,
  discoveryGroup,
  discoveryKind,
  group,
  version,
} from './discovery.ts';
import { registerOpenApi } from './openapi.ts';
import { sendDocument } from './send-document.ts';
import { versionInfo } from './version.ts';

/** Serves discovery, OpenAPI and the version. They depend on no other system. */
export function registerDiscovery(get: RegisterGet, catalog: Catalog): void {
  const groups = createObjectHandler(apiGroupList);
  get('/apis', (request, reply) => sendAggregated(request, reply, catalog) ?? groups(request, reply));
  get(`/apis/${group}`, createObjectHandler(apiGroupDocument));
  get(`/apis/${group}/${version}`, createObjectHandler(apiResourceList(catalog)));
  const info = versionInfo();
  get('/version', (request, reply) => {
    const { mediaType, pretty } = withPretty(request, plainJson);
    return sendDocument(request, reply, mediaType, encodeJson(info, pretty));
  });
  registerOpenApi(get, catalog, info.gitVersion);
}

function createObjectHandler(object: KubernetesObject): Handler {
  return (request, reply) => {
    const representation = representationOf(request);
    return sendDocument(request, reply, representation.mediaType, encodeObject(object, representation));
  };
}

/** Returns undefined, and sends nothing, if the client does not ask for aggregated discovery. */
function sendAggregated(request: FastifyRequest, reply: FastifyReply, catalog: Catalog) {
  const offers = ['application/json', 'application/yaml'] as const;
  const choice = negotiate(request.headers.accept, offers, isDiscovery);
  if (choice?.transform === undefined) return undefined;
  const { mediaType, pretty } = withPretty(request, choice);
  const { version: discoveryVersion } = choice.transform;
  const contentType = `${mediaType};g=${discoveryGroup};v=${discoveryVersion};as=${discoveryKind}`;
  const list = apiGroupDiscoveryList(catalog, discoveryVersion);
  const bytes = mediaType === 'application/json' ? encodeJson(list, pretty) : encodeYaml(list);
  return sendDocument(request, reply, contentType, bytes);
}

/** Clients of Kubernetes 1.26 to 1.29 ask for `v2beta1`, which has the same fields. */
const isDiscovery = (transform: Transform | undefined) =>
  transform?.group === discoveryGroup &&
  transform.kind === discoveryKind &&
  ['v2', 'v2beta1'].includes(transform.version);
