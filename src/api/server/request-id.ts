import type { FastifyRequest } from 'fastify';

/** As gateways and API servers write theirs; anything else does not get into a log. */
const usual = /^[\w.:/+=-]{1,128}$/;

/** What whoever asked calls the request (`X-Request-Id`, or `Audit-ID` of the API server); else a number of our own. */
export function requestIdOf({ headers, id }: FastifyRequest): string {
  const given = headers['x-request-id'] ?? headers['audit-id'];
  return typeof given === 'string' && usual.test(given) ? given : id;
}
