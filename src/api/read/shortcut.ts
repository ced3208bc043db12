import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../auth/access.ts';
import { cacheControl } from './encoding.ts';
import type { ReadAnswer, ReadEndpoint } from './external-metrics.ts';

/** Answers a request ahead of the router, and tells whether it has. */
export type Shortcut = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * A read that came before, of somebody who was let in a moment ago, and whose reading is fresh: the router would find
 * the same and answer the same, and its part costs more than all of that. Whatever is otherwise, or fails, is left to
 * the router, which tells of it.
 */
export function createShortcut(access: Access, reads: ReadEndpoint): Shortcut {
  return (request, response) => {
    const answer = knownAnswer(request, access, reads);
    if (answer === undefined) return false;
    response.writeHead(200, {
      'content-type': answer.mediaType,
      'cache-control': cacheControl,
      'content-length': answer.bytes.length,
    });
    response.end(answer.bytes);
    return true;
  };
}

function knownAnswer(request: IncomingMessage, access: Access, reads: ReadEndpoint): ReadAnswer | undefined {
  const { method, url = '', headers } = request;
  const read = method === 'GET' ? reads.known(url) : undefined;
  if (read === undefined) return undefined;
  try {
    return access.isKnown(request) ? reads.fresh(read, headers) : undefined;
  } catch {
    return undefined;
  }
}
