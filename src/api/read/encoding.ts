import type { IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as Yaml from 'yaml';
import { AdapterError } from '../../errors.ts';
import {
  isReadByHuman,
  negotiate,
  objectMediaTypes,
  type Choice,
  type ObjectMediaType,
} from './negotiation.ts';
import { encodeProtobuf, type EncodableKind } from './protobuf.ts';
import { statusOf } from './status.ts';
import { TextMemo } from './text-memo.ts';

/** Anything with a kind, as it stands in JSON. */
export interface KubernetesObject {
  readonly kind: EncodableKind;
  readonly apiVersion: string;
}

interface RepresentationIn<T extends ObjectMediaType> {
  readonly mediaType: T;
  /** JSON alone knows it. */
  readonly pretty: boolean;
}

export type Representation = RepresentationIn<ObjectMediaType>;

/** JSON as Kubernetes writes it: compact, or indented for people; a newline at the end. */
export function encodeJson(body: unknown, pretty: boolean): Buffer {
  return Buffer.from(`${JSON.stringify(body, null, pretty ? 2 : undefined)}\n`);
}

/** Loaded with the first YAML: 4 MB that hardly anybody asks for. */
const loadYaml = () => createRequire(import.meta.url)('yaml') as typeof Yaml;

/** Quotes every string, since a bare `10`, `on` or `0o7` is a string to one version of YAML and none to another. */
export function encodeYaml(body: unknown): Buffer {
  const options = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 } as const;
  return Buffer.from(loadYaml().stringify(body, { ...options, aliasDuplicateObjects: false }));
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
  return withPretty(request, choose(request.headers.accept));
}

/** The same, for what is asked often: an Accept header is read once. */
export class Representations {
  readonly #choices = new TextMemo<Choice<ObjectMediaType>>(100, 256);

  /**
   * @param pretty the query parameter of that name
   * @throws AdapterError `NotAcceptable`
   */
  of(headers: IncomingHttpHeaders, pretty: unknown): Representation {
    const { accept = '' } = headers;
    return indented(
      this.#choices.get(accept, () => choose(accept)),
      headers,
      pretty,
    );
  }
}

function choose(accept: string | undefined): Choice<ObjectMediaType> {
  const choice = negotiate(accept, objectMediaTypes);
  if (choice === undefined) throw notAcceptable(objectMediaTypes);
  return choice;
}

/** What was chosen, indented where the Accept header or whoever asks wants it so. */
export function withPretty<T extends ObjectMediaType>(
  { query, headers }: FastifyRequest,
  choice: Choice<T>,
): RepresentationIn<T> {
  // Null where the URL could not be read.
  const parameters = (query ?? {}) as { readonly pretty?: unknown };
  return indented(choice, headers, parameters.pretty);
}

const indented = <T extends ObjectMediaType>(
  { mediaType, pretty }: Choice<T>,
  headers: IncomingHttpHeaders,
  parameter: unknown,
): RepresentationIn<T> => ({
  mediaType,
  pretty: mediaType === 'application/json' && (pretty || isReadByHuman(parameter, headers['user-agent'])),
});

export const notAcceptable = (mediaTypes: readonly string[]) =>
  new AdapterError('NotAcceptable', `only the following media types are accepted: ${mediaTypes.join(', ')}`);

/** What all replies carry that do not say otherwise, as in Kubernetes: each is for whoever was let in. */
export const cacheControl = 'no-cache, private';

/** Sends bytes, since Fastify would add a charset to the Content-Type of text. */
export function sendBytes(
  reply: FastifyReply,
  contentType: string,
  bytes: Buffer,
  caching = cacheControl,
): FastifyReply {
  return reply.header('content-type', contentType).header('cache-control', caching).send(bytes);
}

/** What everybody gets who asks for nothing that is served. */
export const plainJson: Choice<'application/json'> = {
  mediaType: 'application/json',
  transform: undefined,
  pretty: false,
};

/** In the representation asked for; in JSON where that is none of ours, as Kubernetes does. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: AdapterError): FastifyReply {
  const choice = negotiate(request.headers.accept, objectMediaTypes) ?? plainJson;
  const representation = withPretty<ObjectMediaType>(request, choice);
  const bytes = encodeObject(statusOf(error), representation);
  return sendBytes(reply.code(error.httpStatus), representation.mediaType, bytes);
}
