import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cacheControl, sendBytes } from '../read/encoding.ts';

/** One body in one representation. */
export interface DocumentBytes {
  readonly bytes: Buffer;
  /** Of these bytes, upper-case hexadecimal. */
  readonly hash: string;
}

export function documentOf(bytes: Buffer): DocumentBytes {
  return { bytes, hash: createHash('sha256').update(bytes).digest('hex').toUpperCase() };
}

/** A body that never changes: encoded once for each representation that somebody asks for. */
export class StaticDocument<Key> {
  readonly #encode: (key: Key) => Buffer;
  readonly #encoded = new Map<string, DocumentBytes>();

  constructor(encode: (key: Key) => Buffer) {
    this.#encode = encode;
  }

  get(key: Key): DocumentBytes {
    const name = JSON.stringify(key);
    const known = this.#encoded.get(name);
    if (known !== undefined) return known;
    const document = documentOf(this.#encode(key));
    this.#encoded.set(name, document);
    return document;
  }
}

/**
 * Sends it with a strong ETag, or 304 to whoever has it. Tells caches that the Accept header decides which.
 *
 * Source: k8s.io/apiserver/pkg/endpoints/discovery/aggregated, RFC 9110 section 13.1.2.
 */
export function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  contentType: string,
  { bytes, hash }: DocumentBytes,
  caching = cacheControl,
): FastifyReply {
  const etag = `"${hash}"`;
  reply.header('etag', etag).header('vary', 'Accept');
  if (includesEtag(request.headers['if-none-match'], etag))
    return reply.code(304).header('cache-control', caching).send();
  return sendBytes(reply, contentType, bytes, caching);
}

function includesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((text) => ['*', etag, `W/${etag}`].includes(text.trim()));
}
