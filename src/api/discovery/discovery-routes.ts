import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Catalog } from '../../metric/catalog.ts';
import {
  encodeJson,
  encodeObject,
  encodeYaml,
  type KubernetesObject,
  type Representation,
} from '../read/encode.ts';
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
import { StaticDocument, sendDocument } from './static-document.ts';
import { versionInfo } from './version.ts';

/** Serves discovery, OpenAPI and the version. They depend on no other system. */
export function registerDiscovery(get: RegisterGet, catalog: Catalog): void {
  const groups = createObjectHandler(apiGroupList);
  const aggregated = createAggregatedHandler(catalog);
  get('/apis', (request, reply) => aggregated(request, reply) ?? groups(request, reply));
  get(`/apis/${group}`, createObjectHandler(apiGroupDocument));
  get(`/apis/${group}/${version}`, createObjectHandler(apiResourceList(catalog)));
  const info = versionInfo();
  get('/version', createJsonHandler(info));
  registerOpenApi(get, catalog, info.gitVersion);
}

function createJsonHandler(body: unknown): Handler {
  const document = new StaticDocument((pretty: boolean) => encodeJson(body, pretty));
  return (request, reply) => {
    const { mediaType, pretty } = withPretty(request, plainJson);
    return sendDocument(request, reply, mediaType, document.get(pretty));
  };
}

function createObjectHandler(object: KubernetesObject): Handler {
  const document = new StaticDocument((key: Representation) => encodeObject(object, key));
  return (request, reply) => {
    const representation = representationOf(request);
    return sendDocument(request, reply, representation.mediaType, document.get(representation));
  };
}

interface AggregatedKey extends Representation<'application/json' | 'application/yaml'> {
  readonly discoveryVersion: DiscoveryVersion;
}

/** @returns a handler that sends nothing and returns undefined if the client does not ask for aggregated discovery */
function createAggregatedHandler(catalog: Catalog) {
  const document = new StaticDocument(({ discoveryVersion, mediaType, pretty }: AggregatedKey) => {
    const list = apiGroupDiscoveryList(catalog, discoveryVersion);
    return mediaType === 'application/json' ? encodeJson(list, pretty) : encodeYaml(list);
  });
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
    return sendDocument(request, reply, contentType, document.get({ discoveryVersion, mediaType, pretty }));
  };
}

function discoveryVersionOf(transform: Transform | undefined): DiscoveryVersion | undefined {
  if (transform?.group !== discoveryGroup || transform.kind !== discoveryKind) return undefined;
  return discoveryVersions.find((discoveryVersion) => discoveryVersion === transform.version);
}
