import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticator, type AuthenticationContext } from './authentication.ts';
import { accessAttributes, authorize, type AuthorizationContext } from './authorization.ts';
import { readRoute, type ReadParams } from './external-metrics.ts';
import type { InFlight } from './in-flight.ts';
import { PeerChains } from './peer-chain.ts';
import type { User } from './user.ts';

/** Whom to let in; undefined: everyone. */
export type AccessContext = AuthenticationContext & AuthorizationContext;

/** Stands in for everyone where nobody is told apart: bounded like anybody. */
const everyone: User = { name: '', groups: [], extra: {} };

/**
 * The check before every request, in the order of Go's API servers: who asks, how many are under way, may they.
 *
 * @throws AdapterError `Unauthenticated`, `TooManyRequests`, `Forbidden`, `AuthorizationUnavailable`
 */
export function createAccessCheck(context: AccessContext | undefined, inFlight: InFlight) {
  const authenticator = context && new Authenticator(context);
  const peers = new PeerChains();
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort());
    const presented = {
      chain: authenticator && peers.of(request),
      rawHeaders: request.raw.rawHeaders,
      authorization: request.headers.authorization,
    };
    const user = authenticator ? await authenticator.authenticate(presented, gone.signal) : everyone;
    const leave = inFlight.enter(user);
    reply.raw.on('close', leave);
    if (reply.raw.destroyed) leave();
    if (context === undefined) return;
    const read = request.routeOptions.url === readRoute ? (request.params as ReadParams) : undefined;
    const attributes = accessAttributes(request.method, pathOf(request), read);
    await authorize(user, attributes, context, gone.signal);
  };
}

/** The path as sent: without the query, and without the slash at the end that is accepted below `/apis`. */
function pathOf(request: FastifyRequest): string {
  const path = request.url.split('?', 1)[0] ?? '';
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
