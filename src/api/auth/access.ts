import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdapterError } from '../../errors.ts';
import type { AccessAttributes, AccessReviewResult } from '../../kube/reviews/access-review.ts';
import { KubeError } from '../../kube/client/kube-error.ts';
import type { User } from '../../kube/reviews/user.ts';
import { group, version } from '../discovery/discovery.ts';
import { readRoute, type ReadParams } from '../read/external-metrics.ts';
import { Authenticator, type AuthenticationContext, type PresentedCredentials } from './authentication.ts';
import { presentedChain, type PeerSocket, type PresentedChain } from './client-certificate.ts';
import { anonymousUser, authenticatedGroup, mastersGroup } from './users.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Empty if authentication is off. */
    userName: string;
  }
}

export interface AccessContext extends AuthenticationContext {
  readonly accessReviewer: {
    /** Asks by a SubjectAccessReview. Rejects if no answer can be had. */
    reviewAccess(user: User, attributes: AccessAttributes, signal: AbortSignal): Promise<AccessReviewResult>;
    /** Returns the answer if it is kept. */
    keptAnswer(user: User, attributes: AccessAttributes): AccessReviewResult | undefined;
  };
}

/** Where requests take their places. */
interface AdmissionGate {
  /** @throws AdapterError `TooManyRequests` */
  admitStranger(response: ServerResponse): void;
  /** @throws AdapterError `TooManyRequests` */
  admitUser(response: ServerResponse, user: string, isMaster: boolean): void;
}

/** Stands for every client if authentication is off. It takes places as any other user. */
const everyone: User = { name: '', groups: [], extra: {} };

/** Checks each request in the order of Go's API servers: authenticate, take a place, authorize. */
export class Access {
  readonly #context: AccessContext | undefined;
  readonly #authenticator: Authenticator | undefined;
  readonly #admission: AdmissionGate;
  /** By connection. */
  readonly #chains = new WeakMap<object, { readonly chain: PresentedChain | undefined }>();

  /** @param context undefined: every request is allowed */
  constructor(context: AccessContext | undefined, admission: AdmissionGate) {
    this.#context = context;
    this.#authenticator = context && new Authenticator(context);
    this.#admission = admission;
  }

  /**
   * The onRequest hook of every route. It waits only if the API server must be asked: a promise for each request would
   * cost more than the rest of a warm read.
   *
   * @throws AdapterError `TooManyRequests`; passed to `done`: `Unauthenticated`, `Forbidden`, `AuthorizationUnavailable`
   */
  check(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const waiting = this.#check(request, reply);
    if (waiting === undefined) done();
    else waiting.then(() => done(), done);
  }

  /** Returns undefined if the request is allowed already. */
  #check(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    if (isProbe(request)) return undefined;
    if (this.#authenticator === undefined) return this.#admit(everyone, request, reply);
    const presented = this.#presentedBy(request.raw);
    const user = this.#authenticator.certifiedUser(presented);
    if (user !== undefined) return this.#admit(user, request, reply);
    this.#admission.admitStranger(reply.raw);
    return this.#authenticator
      .authenticate(presented, request.signal)
      .then((other) => this.#admit(other, request, reply));
  }

  #admit(user: User, request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    // Anonymous requests keep the place of their address.
    if (user !== anonymousUser)
      this.#admission.admitUser(reply.raw, user.name, user.groups.includes(mastersGroup));
    request.userName = user.name;
    if (this.#context === undefined) return undefined;
    const { accessReviewer } = this.#context;
    const attributes = accessAttributes(request);
    if (isAlwaysAllowed(user, attributes)) return undefined;
    if (accessReviewer.keptAnswer(user, attributes)?.allowed === true) return undefined;
    return authorize(user, attributes, accessReviewer, request.signal);
  }

  #presentedBy(request: IncomingMessage): PresentedCredentials {
    const { rawHeaders, headers, socket } = request;
    // On HTTP/2 the socket is a new proxy for each request, so the session stands for the connection.
    const { stream } = request as { readonly stream?: { readonly session?: Http2Session } };
    const connection = stream?.session ?? socket;
    let known = this.#chains.get(connection);
    if (known === undefined) {
      known = { chain: presentedChain(socket as unknown as PeerSocket) };
      this.#chains.set(connection, known);
    }
    const { authorization } = headers;
    return { chain: known.chain, rawHeaders, authorization, peer: socket };
  }
}

/** Reads are a `list` of the metric, as in Go's external metrics servers. */
function accessAttributes({ method, url, params, routeOptions }: FastifyRequest): AccessAttributes {
  if (routeOptions.url !== readRoute) return { kind: 'path', path: pathOf(url), verb: method.toLowerCase() };
  // As routed and decoded: the path as sent can spell the same read in many ways.
  const { namespace, metric: resource } = params as ReadParams;
  return {
    kind: 'resource',
    namespace,
    verb: collectionVerbs[method] ?? method.toLowerCase(),
    group,
    version,
    resource,
  };
}

/** Returns the path as sent, without the query and without the trailing slash that the router ignores. */
function pathOf(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Source: k8s.io/apiserver/pkg/endpoints/request, for a collection. */
const collectionVerbs: Readonly<Record<string, string>> = {
  GET: 'list',
  HEAD: 'list',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'deletecollection',
};

/** Open to everyone, as in Go's API servers: exactly these paths, not those below them. */
const openPaths = ['/healthz', '/livez', '/readyz'];

/** A probe needs no user, so it waits for no review, and takes no place. Credentials are checked if they are presented. */
function isProbe({ url, headers }: FastifyRequest): boolean {
  if (url.startsWith('/apis')) return false;
  return headers.authorization === undefined && openPaths.includes(pathOf(url));
}

/**
 * Paths that ClusterRole system:discovery grants to every authenticated user. They are allowed without a review, so
 * that discovery works while the API server does not.
 */
const discoveryPath = /^\/(apis?|openapi|version)(\/|$)/;

function isAlwaysAllowed({ groups }: User, attributes: AccessAttributes): boolean {
  if (groups.includes(mastersGroup)) return true;
  if (attributes.kind !== 'path') return false;
  const { path, verb } = attributes;
  if (openPaths.includes(path)) return true;
  return groups.includes(authenticatedGroup) && verb === 'get' && discoveryPath.test(path);
}

/** @throws AdapterError `Forbidden`; `AuthorizationUnavailable`, `AuthorizationTimeout`, `TooManyRequests`, `Canceled` */
async function authorize(
  user: User,
  attributes: AccessAttributes,
  accessReviewer: AccessContext['accessReviewer'],
  signal: AbortSignal,
): Promise<void> {
  const { allowed, reason = '' } = await accessReviewer
    .reviewAccess(user, attributes, signal)
    .catch((cause: unknown) => {
      if (signal.aborted) throw new AdapterError('Canceled', 'the request was canceled', { cause });
      // Too many reviews are pending.
      if (cause instanceof AdapterError) throw cause;
      const what = `the API server did not say whether User "${user.name}" may do this`;
      const isLate = cause instanceof KubeError && cause.kind === 'timeout';
      throw new AdapterError(isLate ? 'AuthorizationTimeout' : 'AuthorizationUnavailable', what, { cause });
    });
  if (allowed) return;
  const why = reason === '' ? '' : `: ${reason}`;
  throw new AdapterError('Forbidden', `${refusalText(user, attributes)}${why}`);
}

/** The wording of k8s.io/apiserver, which people search for. */
function refusalText({ name }: User, attributes: AccessAttributes): string {
  if (attributes.kind === 'path')
    return `forbidden: User "${name}" cannot ${attributes.verb} path "${attributes.path}"`;
  const { resource, namespace, verb } = attributes;
  return `${resource}.${group} is forbidden: User "${name}" cannot ${verb} resource "${resource}" in API group "${group}" in the namespace "${namespace}"`;
}
