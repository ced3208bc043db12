import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'yaml';
import { AdapterError } from '../../errors.ts';
import { statusOf } from './kubernetes-status.ts';
import { isReadByHuman, negotiate, objectMediaTypes, type ObjectMediaType } from './negotiation.ts';
import { encodeProtobuf, type EncodableKind } from './protobuf.ts';

/** An object with a kind, as in JSON. */
export interface KubernetesObject {
  readonly kind: EncodableKind;
  readonly apiVersion: string;
}

/** The form of a response body. */
export interface Representation<MediaType extends ObjectMediaType = ObjectMediaType> {
  readonly mediaType: MediaType;
  /** Indented; JSON only. */
  readonly pretty: boolean;
}

/** Encodes JSON as Kubernetes does: compact, or indented for people, with a newline at the end. */
export function encodeJson(body: unknown, pretty: boolean): Buffer {
  return Buffer.from(`${JSON.stringify(body, null, pretty ? 2 : undefined)}\n`);
}

/** Quotes every string, because YAML 1.1 and 1.2 disagree whether a plain `10`, `on` or `0o7` is one. */
export function encodeYaml(body: unknown): Buffer {
  const options = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 } as const;
  return Buffer.from(stringify(body, { ...options, aliasDuplicateObjects: false }));
}

export function encodeObject(object: KubernetesObject, { mediaType, pretty }: Representation): Buffer {
  switch (mediaType) {
    case 'application/json':
      return encodeJson(object, pretty);
    case 'application/yaml':
      return encodeYaml(object);
    case 'application/vnd.kubernetes.protobuf':
      return encodeProtobuf(object);
  }
}

/** @throws AdapterError `NotAcceptable` */
export function representationOf(request: FastifyRequest): Representation {
  const choice = negotiate(request.headers.accept, objectMediaTypes);
  if (choice === undefined) throw notAcceptable(objectMediaTypes);
  return withPretty(request, choice);
}

/** Indents JSON if the Accept header or the client asks for it. */
export function withPretty<MediaType extends ObjectMediaType>(
  { headers, query }: FastifyRequest,
  { mediaType, pretty }: Representation<MediaType>,
): Representation<MediaType> {
  // The query is null if the URL could not be read.
  const { pretty: parameter } = (query ?? {}) as { readonly pretty?: unknown };
  return {
    mediaType,
    pretty: mediaType === 'application/json' && (pretty || isReadByHuman(parameter, headers['user-agent'])),
  };
}

export const notAcceptable = (mediaTypes: readonly string[]) =>
  new AdapterError('NotAcceptable', `only the following media types are accepted: ${mediaTypes.join(', ')}`);

/** The default of all responses, as in Kubernetes: each is only for the user who was let in. */
export const cacheControl = 'no-cache, private';

/** Sends bytes, because Fastify would add a charset to the Content-Type of a text. */
export function sendBytes(
  reply: FastifyReply,
  contentType: string,
  bytes: Buffer,
  caching = cacheControl,
): FastifyReply {
  return reply.header('content-type', contentType).header('cache-control', caching).send(bytes);
}

export const plainJson: Representation<'application/json'> = { mediaType: 'application/json', pretty: false };

/** Sends a Status in the representation that the client accepts, else in JSON, as Kubernetes does. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: AdapterError): FastifyReply {
  const choice = negotiate(request.headers.accept, objectMediaTypes);
  const representation = withPretty<ObjectMediaType>(request, choice ?? plainJson);
  const bytes = encodeObject(statusOf(error), representation);
  return sendBytes(reply.code(error.httpStatus), representation.mediaType, bytes);
}
