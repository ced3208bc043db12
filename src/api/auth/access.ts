import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticator, type AuthenticationContext, type PresentedCredentials } from './authentication.ts';
import { accessAttributes, authorize, type AuthorizationContext } from './authorization.ts';
import { readRoute, type ReadParams } from '../read/external-metrics.ts';
import { goneSignal, hasClosed } from '../server/gone-signal.ts';
import type { InFlight } from '../server/in-flight.ts';
import { PeerChains } from './peer-chain.ts';
import { RecentlyAllowed } from './recently-allowed.ts';
import type { User } from '../../kube/reviews/user.ts';

/** Whom to let in; undefined: everyone. */
export type AccessContext = AuthenticationContext & AuthorizationContext;

/** Stands in for everyone where nobody is told apart: bounded like anybody. */
const everyone: User = { name: '', groups: [], extra: {} };

/** Lets requests in, in the order of Go's API servers: who asks, how many are under way, may they. */
export class Access {
  readonly #inFlight: InFlight;
  /** Undefined: everyone is let in. */
  readonly #gate: Gate | undefined;

  constructor(context: AccessContext | undefined, inFlight: InFlight) {
    this.#inFlight = inFlight;
    this.#gate = context && {
      context,
      authenticator: new Authenticator(context),
      peers: new PeerChains(),
      recent: new RecentlyAllowed(),
    };
  }

  /**
   * The check before every request; `done` is called at once where nobody has to be asked, with an AdapterError
   * `Unauthenticated`, `Forbidden` or `AuthorizationUnavailable` where they may not.
   *
   * @throws AdapterError `TooManyRequests`
   */
  check(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const checked = this.#gate && this.#checkAt(this.#gate, request, reply);
    if (this.#gate === undefined) this.#enter(everyone, reply.raw);
    if (checked === undefined) done();
    else checked.then(() => done(), done);
  }

  /**
   * Whether `check` would let a GET in without asking anybody. It does not count as under way: whoever asks answers
   * at once.
   */
  isKnown(request: IncomingMessage): boolean {
    const user = this.#gate === undefined ? everyone : allowedAt(this.#gate, request);
    return user !== undefined && this.#inFlight.hasRoomFor(user);
  }

  /** Counts a request as under way until its answer is sent or nobody waits for it. */
  #enter(user: User, response: ServerResponse): void {
    const leave = this.#inFlight.enter(user);
    response.on('close', leave);
    if (hasClosed(response)) leave();
  }

  #checkAt(gate: Gate, request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    const { authenticator, context } = gate;
    const presented = presentedBy(gate, request.raw);
    const known = authenticator.byCertificate(presented, context.clock.now());
    if (known !== undefined) return this.#admit(known, gate, request, reply);
    return authenticator
      .authenticate(presented, goneSignal(reply))
      .then((user) => this.#admit(user, gate, request, reply));
  }

  #admit(user: User, gate: Gate, request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    this.#enter(user, reply.raw);
    const { context, recent } = gate;
    const path = pathOf(request.url);
    const isGet = request.method === 'GET';
    if (isGet && recent.has(user, path, context.clock.now())) return undefined;
    const read = request.routeOptions.url === readRoute ? (request.params as ReadParams) : undefined;
    const attributes = accessAttributes(request.method, path, read);
    return authorize(user, attributes, context, goneSignal(reply)).then(() => {
      if (isGet) recent.add(user, path, context.clock.now());
    });
  }
}

/** What tells whom to let in, and remembers it. */
interface Gate {
  readonly context: AccessContext;
  readonly authenticator: Authenticator;
  readonly peers: PeerChains;
  readonly recent: RecentlyAllowed;
}

const presentedBy = ({ peers }: Gate, request: IncomingMessage): PresentedCredentials => ({
  chain: peers.of(request),
  rawHeaders: request.rawHeaders,
  authorization: request.headers.authorization,
});

/** Whom a certificate stands for, or lets the front proxy name, and who was allowed the same path a moment ago. */
function allowedAt(gate: Gate, request: IncomingMessage): User | undefined {
  const nowMs = gate.context.clock.now();
  const user = gate.authenticator.byCertificate(presentedBy(gate, request), nowMs);
  return user !== undefined && gate.recent.has(user, pathOf(request.url ?? ''), nowMs) ? user : undefined;
}

/** The path as sent: without the query, and without the slash at the end that is accepted below `/apis`. */
function pathOf(url: string): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
