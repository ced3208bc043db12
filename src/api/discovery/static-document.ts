import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cacheControl, sendBytes } from '../read/representation.ts';

/** One body in one representation. */
export interface DocumentBytes {
  readonly bytes: Buffer;
  /** SHA-256 in upper-case hexadecimal. */
  readonly hash: string;
}

export function documentOf(bytes: Buffer): DocumentBytes {
  return { bytes, hash: createHash('sha256').update(bytes).digest('hex').toUpperCase() };
}

/** A body that never changes. Each representation is encoded when it is first asked for. */
export class StaticDocument<Key> {
  readonly #encode: (key: Key) => Buffer;
  readonly #encoded = new Map<string, DocumentBytes>();

  constructor(encode: (key: Key) => Buffer) {
    this.#encode = encode;
  }

  get(key: Key): DocumentBytes {
    const name = JSON.stringify(key);
    const document = this.#encoded.get(name) ?? documentOf(this.#encode(key));
    this.#encoded.set(name, document);
    return document;
  }
}

/**
 * Sends a document with a strong ETag, or 304 if the client has it. `Vary` tells caches that it depends on the Accept
 * header.
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

const includesEtag = (ifNoneMatch = '', etag: string): boolean =>
  ifNoneMatch.split(',').some((text) => ['*', etag, `W/${etag}`].includes(text.trim()));
