import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticator, type AuthenticationContext } from './authentication.ts';
import { accessAttributes, authorize, type AuthorizationContext } from './authorization.ts';
import { readRoute, type ReadParams } from './external-metrics.ts';
import { goneSignal, hasClosed } from './gone-signal.ts';
import type { InFlight } from './in-flight.ts';
import { PeerChains } from './peer-chain.ts';
import { RecentlyAllowed } from './recently-allowed.ts';
import type { User } from './user.ts';

/** Whom to let in; undefined: everyone. */
export type AccessContext = AuthenticationContext & AuthorizationContext;

/** Stands in for everyone where nobody is told apart: bounded like anybody. */
const everyone: User = { name: '', groups: [], extra: {} };

/** Calls `done` at once where nobody has to be asked. */
export type AccessCheck = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => void;

/**
 * The check before every request, in the order of Go's API servers: who asks, how many are under way, may they.
 *
 * @throws AdapterError `Unauthenticated`, `TooManyRequests`, `Forbidden`, `AuthorizationUnavailable`
 */
export function createAccessCheck(context: AccessContext | undefined, inFlight: InFlight): AccessCheck {
  if (context === undefined) {
    return (_, reply, done) => {
      enter(everyone, inFlight, reply);
      done();
    };
  }
  const authenticator = new Authenticator(context);
  const peers = new PeerChains();
  const recent = new RecentlyAllowed(context.clock);
  const admit = (user: User, request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined => {
    enter(user, inFlight, reply);
    const path = pathOf(request);
    const isGet = request.method === 'GET';
    if (isGet && recent.has(user, path)) return undefined;
    const read = request.routeOptions.url === readRoute ? (request.params as ReadParams) : undefined;
    const attributes = accessAttributes(request.method, path, read);
    return authorize(user, attributes, context, goneSignal(reply)).then(() => {
      if (isGet) recent.add(user, path);
    });
  };
  return (request, reply, done) => {
    const presented = {
      chain: peers.of(request),
      rawHeaders: request.raw.rawHeaders,
      authorization: request.headers.authorization,
    };
    const known = authenticator.byCertificate(presented);
    const checked =
      known === undefined
        ? authenticator.authenticate(presented, goneSignal(reply)).then((user) => admit(user, request, reply))
        : admit(known, request, reply);
    if (checked === undefined) done();
    else checked.then(() => done(), done);
  };
}

function enter(user: User, inFlight: InFlight, { raw }: FastifyReply): void {
  const leave = inFlight.enter(user);
  raw.on('close', leave);
  if (hasClosed(raw)) leave();
}

/** The path as sent: without the query, and without the slash at the end that is accepted below `/apis`. */
function pathOf({ url }: FastifyRequest): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
