import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendBytes } from './encoding.ts';

/** One body in one representation. */
export interface DocumentBytes {
  readonly bytes: Buffer;
  /** Of these bytes, upper-case hexadecimal. */
  readonly hash: string;
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
    const bytes = this.#encode(key);
    const document = { bytes, hash: createHash('sha256').update(bytes).digest('hex').toUpperCase() };
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
): FastifyReply {
  const etag = `"${hash}"`;
  reply.header('etag', etag).header('vary', 'Accept');
  if (!includesEtag(request.headers['if-none-match'], etag)) return sendBytes(reply, contentType, bytes);
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache, private');
  return reply.code(304).send();
}

function includesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((text) => ['*', etag, `W/${etag}`].includes(text.trim()));
}
