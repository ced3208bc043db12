import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cacheControl, sendBytes } from '../read/representation.ts';

/** SHA-256 in upper-case hexadecimal. */
export const hashOf = (bytes: Buffer): string => hash('sha256', bytes).toUpperCase();

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
  bytes: Buffer,
  caching = cacheControl,
): FastifyReply {
  const etag = `"${hashOf(bytes)}"`;
  reply.header('etag', etag).header('vary', 'Accept');
  if (includesEtag(request.headers['if-none-match'], etag))
    return reply.code(304).header('cache-control', caching).send();
  return sendBytes(reply, contentType, bytes, caching);
}

const includesEtag = (ifNoneMatch = '', etag: string): boolean =>
  ifNoneMatch.split(',').some((text) => ['*', etag, `W/${etag}`].includes(text.trim()));
