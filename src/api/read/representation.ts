import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdapterError } from '../../errors.ts';
import { longAnswerBytes } from '../server/admission.ts';
import { encodeObject, objectMediaTypes, type ObjectMediaType, type Representation } from './encode.ts';
import { statusOf } from './kubernetes-status.ts';

/**
 * Content negotiation by the rules of Kubernetes.
 *
 * Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation. Unlike it, this file follows RFC 9110 in two points:
 * types are compared without case, and q=0 refuses.
 */

/** A kind to convert the response to: the parameters `g`, `v` and `as` of a media type. */
export interface Transform {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface Choice<T extends string> {
  readonly mediaType: T;
  readonly transform: Transform | undefined;
  /** Indented: the parameter `pretty=1`. */
  readonly pretty: boolean;
}

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** A longer Accept header is not read, because reading takes time. Those of Kubernetes' clients have about 200 characters. */
const longestAccept = 4096;

/**
 * Chooses the media type of a response.
 *
 * @param accept the header; undefined or empty accepts anything
 * @param offers media types, the preferred one first
 * @param supports returns whether the response can be converted to that; undefined: the response as it is
 * @returns undefined if no offer is acceptable
 */
export function negotiate<T extends string>(
  accept: string | undefined,
  offers: readonly T[],
  supports: (transform: Transform | undefined) => boolean = (transform) => transform === undefined,
): Choice<T> | undefined {
  if (accept !== undefined && accept.length > longestAccept) return undefined;
  const clauses = parseAccept(accept === undefined || accept === '' ? '*/*' : accept);
  const refused = new Set(
    clauses.filter(({ quality }) => quality === 0).map(({ type, subtype }) => `${type}/${subtype}`),
  );
  for (const clause of clauses) {
    if (clause.quality === 0 || !isPlain(clause)) continue;
    const transform = transformOf(clause);
    if (!supports(transform)) continue;
    const mediaType = offers.find((offer) => matches(clause, offer) && !refused.has(offer));
    if (mediaType !== undefined)
      return { mediaType, transform, pretty: clause.parameters.get('pretty') === '1' };
  }
  return undefined;
}

/** Returns the clauses by preference: quality, then the narrower range, then the order in the header. */
function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = [];
  for (const text of header.split(',')) {
    const [range = '', ...parameterTexts] = text.split(';');
    const [type = '', subtype = type === '*' ? '*' : '', ...rest] = range.trim().toLowerCase().split('/');
    if (type === '' || subtype === '' || rest.length > 0) continue;
    const parameters = new Map<string, string>();
    for (const parameterText of parameterTexts) {
      const [name = '', value = ''] = parameterText.split('=');
      parameters.set(name.trim().toLowerCase(), value.trim());
    }
    const quality = Number(parameters.get('q') ?? 1);
    clauses.push({ type, subtype, quality: quality > 0 ? quality : 0, parameters });
  }
  return clauses.sort((a, b) => b.quality - a.quality || breadth(a) - breadth(b));
}

const breadth = ({ type, subtype }: Clause) => Number(type === '*') + Number(subtype === '*');

function matches({ type, subtype }: Clause, offer: string): boolean {
  if (type === '*') return subtype === '*';
  return subtype === '*' ? offer.startsWith(`${type}/`) : offer === `${type}/${subtype}`;
}

/** Excludes clauses with a server version or a stream. A `watch` stream is kept: a read may accept one, and gets none. */
function isPlain({ parameters }: Clause): boolean {
  const stream = parameters.get('stream') ?? '';
  return (stream === '' || stream === 'watch') && (parameters.get('sv') ?? '') === '';
}

function transformOf({ parameters }: Clause): Transform | undefined {
  const [group, version, kind] = [parameters.get('g'), parameters.get('v'), parameters.get('as')];
  if (group === undefined && version === undefined && kind === undefined) return undefined;
  return { group: group ?? '', version: version ?? '', kind: kind ?? '' };
}

/** The values that Go's strconv.ParseBool reads as true. */
const trueWords: readonly unknown[] = ['1', 't', 'T', 'true', 'True', 'TRUE'];
const humanAgents = /^(curl|Wget|Mozilla\/5\.0)/;

/**
 * Returns whether to indent JSON if the Accept header does not say.
 *
 * @param pretty the query parameter; it overrides the guess by the User-Agent
 */
export function isReadByHuman(pretty: unknown, userAgent: string | undefined): boolean {
  if (pretty !== undefined && pretty !== '') return trueWords.includes(pretty);
  return humanAgents.test(userAgent ?? '');
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

/**
 * Sends bytes, because Fastify would add a charset to the Content-Type of a text.
 *
 * @throws AdapterError `TooManyRequests` if long answers to the same client are still unread
 */
export function sendBytes(
  reply: FastifyReply,
  contentType: string,
  bytes: Buffer,
  caching = cacheControl,
): FastifyReply {
  if (bytes.length >= longAnswerBytes) reply.server.admission.hold(reply.raw, bytes.length);
  return reply.header('content-type', contentType).header('cache-control', caching).send(bytes);
}

export const plainJson: Representation<'application/json'> = { mediaType: 'application/json', pretty: false };

/** Sends a Status in the representation that the client accepts, else in JSON, as Kubernetes does. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: AdapterError): FastifyReply {
  const choice = negotiate(request.headers.accept, objectMediaTypes);
  const representation = withPretty<ObjectMediaType>(request, choice ?? plainJson);
  const bytes = encodeObject(statusOf(error), representation);
  // Of a long answer that was refused.
  reply.removeHeader('content-encoding');
  return sendBytes(reply.code(error.httpStatus), representation.mediaType, bytes);
}
