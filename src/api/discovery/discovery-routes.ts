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
  discoveryVersions,
  group,
  version,
  type DiscoveryVersion,
} from './discovery.ts';
import { registerOpenApi } from './openapi.ts';
import { sendDocument } from './send-document.ts';
import { versionInfo } from './version.ts';

/** Serves discovery, OpenAPI and the version. They depend on no other system. */
export function registerDiscovery(get: RegisterGet, catalog: Catalog): void {
  const groups = createObjectHandler(apiGroupList);
  const aggregated = createAggregatedHandler(catalog);
  get('/apis', (request, reply) => aggregated(request, reply) ?? groups(request, reply));
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

/** @returns a handler that sends nothing and returns undefined if the client does not ask for aggregated discovery */
function createAggregatedHandler(catalog: Catalog) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined => {
    const choice = negotiate(
      request.headers.accept,
      ['application/json', 'application/yaml'],
      (transform) => discoveryVersionOf(transform) !== undefined,
    );
    const discoveryVersion = discoveryVersionOf(choice?.transform);
    if (choice === undefined || discoveryVersion === undefined) return undefined;
    const { mediaType, pretty } = withPretty(request, choice);
    const contentType = `${mediaType};g=${discoveryGroup};v=${discoveryVersion};as=${discoveryKind}`;
    const list = apiGroupDiscoveryList(catalog, discoveryVersion);
    const bytes = mediaType === 'application/json' ? encodeJson(list, pretty) : encodeYaml(list);
    return sendDocument(request, reply, contentType, bytes);
  };
}

function discoveryVersionOf(transform: Transform | undefined): DiscoveryVersion | undefined {
  if (transform?.group !== discoveryGroup || transform.kind !== discoveryKind) return undefined;
  return discoveryVersions.find((discoveryVersion) => discoveryVersion === transform.version);
}
