import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AdapterError } from '../errors.ts';
import { statusOf } from './status.ts';

/** JSON as Kubernetes writes it: compact, or indented for `?pretty=true`; a newline at the end. */
export function encodeJson(body: unknown, pretty: boolean): Buffer {
  return Buffer.from(`${JSON.stringify(body, null, pretty ? 2 : undefined)}\n`);
}

/** Sends bytes, since Fastify would add a charset to the Content-Type of text. */
export function sendJson(request: FastifyRequest, reply: FastifyReply, body: unknown): FastifyReply {
  // Null where the URL could not be read.
  const { pretty } = (request.query ?? {}) as { readonly pretty?: unknown };
  return reply
    .header('content-type', 'application/json')
    .header('cache-control', 'no-cache, private')
    .send(encodeJson(body, pretty === 'true' || pretty === '1'));
}

export function sendError(request: FastifyRequest, reply: FastifyReply, error: AdapterError): FastifyReply {
  return sendJson(request, reply.code(error.httpStatus), statusOf(error));
}
