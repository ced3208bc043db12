import type { X509Certificate } from 'node:crypto';
import { AdapterError } from '../../errors.ts';
import type { AuthenticationConfig, RequestHeaderConfig } from '../../kube/authentication-config.ts';
import type { Caller } from '../../kube/reviews/review-cache.ts';
import type { User } from '../../kube/reviews/user.ts';
import {
  certificateUser,
  isTrustedClient,
  parseBundle,
  subjectOf,
  type PresentedChain,
} from './client-certificate.ts';

export interface AuthenticationContext {
  readonly authenticationConfig: {
    /** The same object until the configuration changes; undefined before the first one is read. */
    readonly current: AuthenticationConfig | undefined;
  };
  readonly tokenReviewer: {
    /** Returns undefined if the token is not valid. Rejects if no answer can be had. */
    reviewToken(token: string, signal: AbortSignal): Promise<User | undefined>;
  };
  readonly clock: { now(): number };
}

/** The credentials of a request. */
export interface PresentedCredentials {
  readonly chain: PresentedChain | undefined;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly authorization: string | undefined;
}

/** The authorities of one configuration. */
interface Roots {
  readonly config: AuthenticationConfig;
  readonly clientRoots: readonly X509Certificate[];
  readonly proxyRoots: readonly X509Certificate[];
}

/** The result of verifying a client certificate. */
interface Verdict {
  readonly roots: Roots;
  /** It is the front proxy's, which may name users in headers. */
  readonly isProxy: boolean;
  /** The user whom the certificate itself names. */
  readonly user: User | undefined;
  /** Unix ms. Certificates expire while their connections are open. */
  readonly validUntilMs: number;
}

const verdictLifetimeMs = 60_000;

/**
 * Authenticates requests in the order of Kubernetes' aggregated API servers: front proxy, client certificate, bearer
 * token. A request is anonymous only if it presents none of them; credentials that fail are an error.
 *
 * Source: k8s.io/apiserver, authenticatorfactory.DelegatingAuthenticatorConfig.
 */
export class Authenticator {
  readonly #context: AuthenticationContext;
  #roots: Roots | undefined;
  /** By the client's certificate. */
  readonly #verdicts = new WeakMap<X509Certificate, Verdict>();

  constructor(context: AuthenticationContext) {
    this.#context = context;
  }

  /** @throws AdapterError `Unauthenticated` */
  async authenticate(presented: PresentedCredentials, caller: Caller): Promise<User> {
    const { chain, rawHeaders, authorization } = presented;
    const certified = chain && this.#certifiedUser(chain, rawHeaders);
    if (certified !== undefined) return certified;
    const token = bearerToken(authorization);
    if (token !== undefined) return await this.#tokenUser(token, caller.signal);
    if (chain === undefined) return anonymousUser;
    throw new AdapterError('Unauthenticated', 'Unauthorized: the certificate names no user');
  }

  /** Returns the user named by the front proxy or by the certificate itself. */
  #certifiedUser(chain: PresentedChain, rawHeaders: readonly string[]): User | undefined {
    const roots = this.#currentRoots();
    if (roots === undefined) return undefined;
    const { isProxy, user } = this.#verdictOn(chain, roots);
    const { requestHeader } = roots.config;
    const named = isProxy && requestHeader ? requestHeaderUser(rawHeaders, requestHeader) : undefined;
    return named === undefined ? user : asAuthenticated(named);
  }

  async #tokenUser(token: string, signal: AbortSignal): Promise<User> {
    const { tokenReviewer } = this.#context;
    const user = await tokenReviewer.reviewToken(token, signal).catch((cause: unknown) => {
      const what = 'Unauthorized: the bearer token cannot be reviewed';
      throw new AdapterError('Unauthenticated', what, { cause });
    });
    if (user !== undefined) return asAuthenticated(user);
    throw new AdapterError('Unauthenticated', 'Unauthorized: the bearer token is not valid');
  }

  /** Verifying costs several signature checks, so a verdict is kept for a minute. */
  #verdictOn(chain: PresentedChain, roots: Roots): Verdict {
    const nowMs = this.#context.clock.now();
    const { leaf } = chain;
    const known = this.#verdicts.get(leaf);
    if (known?.roots === roots && nowMs < known.validUntilMs) return known;
    const { config, clientRoots, proxyRoots } = roots;
    const { allowedNames = [] } = config.requestHeader ?? {};
    const isAllowed = allowedNames.length === 0 || allowedNames.includes(subjectOf(leaf).commonName);
    const user = isTrustedClient(chain, clientRoots, nowMs) ? certificateUser(leaf) : undefined;
    const verdict = {
      roots,
      isProxy: isAllowed && isTrustedClient(chain, proxyRoots, nowMs),
      user: user && asAuthenticated(user),
      validUntilMs: Math.min(nowMs + verdictLifetimeMs, leaf.validToDate.getTime()),
    };
    this.#verdicts.set(leaf, verdict);
    return verdict;
  }

  #currentRoots(): Roots | undefined {
    const config = this.#context.authenticationConfig.current;
    if (config === undefined) return undefined;
    if (this.#roots?.config !== config) {
      this.#roots = {
        config,
        clientRoots: parseBundle(config.clientCaPem ?? ''),
        proxyRoots: parseBundle(config.requestHeader?.caPem ?? ''),
      };
    }
    return this.#roots;
  }
}

/** Source: RFC 6750. As in Kubernetes, the scheme's case does not matter. */
function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+)/i.exec(authorization ?? '')?.[1];
}

/** Groups with a special meaning. Source: k8s.io/apiserver/pkg/authentication/user. */
export const mastersGroup = 'system:masters';
export const authenticatedGroup = 'system:authenticated';
const unauthenticatedGroup = 'system:unauthenticated';

export const anonymousUser: User = {
  name: 'system:anonymous',
  groups: [unauthenticatedGroup],
  extra: {},
};

/**
 * Returns the user with group `system:authenticated`, unless the user is anonymous. A front proxy sends its own users
 * without groups. Source: k8s.io/apiserver/pkg/authentication/group, AuthenticatedGroupAdder.
 */
export function asAuthenticated(user: User): User {
  if (user.name === anonymousUser.name) return user;
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}

type Header = readonly [lowerCaseName: string, value: string];

/**
 * Returns the user that a front proxy names in its headers; undefined if it names none. The caller must have verified
 * the proxy's certificate: any client can send these headers.
 *
 * @param rawHeaders names and values in turn, as received: in its other forms Node joins repeated headers by commas, and
 *   a group may contain a comma
 */
export function requestHeaderUser(
  rawHeaders: readonly string[],
  config: RequestHeaderConfig,
): User | undefined {
  const headers = headerPairs(rawHeaders);
  const first = (names: readonly string[]) => valuesOf(headers, names).find((value) => value !== '');
  const name = first(config.usernameHeaders);
  if (name === undefined) return undefined;
  return {
    name,
    uid: first(config.uidHeaders),
    groups: valuesOf(headers, config.groupHeaders),
    extra: extraOf(headers, config.extraHeaderPrefixes),
  };
}

function headerPairs(raw: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (let index = 0; index < raw.length; index += 2)
    headers.push([(raw[index] ?? '').toLowerCase(), raw[index + 1] ?? '']);
  return headers;
}

/** Returns all values of the named headers, in the order of the names and then of the request. */
function valuesOf(headers: readonly Header[], names: readonly string[]): string[] {
  const values: string[] = [];
  for (const wanted of names) for (const [name, value] of headers) if (name === wanted) values.push(value);
  return values;
}

function extraOf(headers: readonly Header[], prefixes: readonly string[]): Record<string, string[]> {
  // Without a prototype, because the keys come from the client.
  const extra = Object.create(null) as Record<string, string[]>;
  for (const prefix of prefixes) {
    for (const [name, value] of headers) {
      if (name.startsWith(prefix)) (extra[decodeKey(name.slice(prefix.length))] ??= []).push(value);
    }
  }
  return extra;
}

/** Keys are percent-encoded where a header name cannot carry them. A key that does not decode is taken as it is. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
