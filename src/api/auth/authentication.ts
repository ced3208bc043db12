import type { X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AdapterError } from '../../errors.ts';
import type { AuthenticationConfig, RequestHeaderConfig } from '../../kube/authentication-config.ts';
import type { User } from '../../kube/reviews/user.ts';
import { subjectOf } from './certificate-subject.ts';
import { addressOf } from '../server/connections.ts';
import { bearerToken } from './bearer-token.ts';
import {
  certificateUser,
  isTrustedClient,
  parseBundle,
  whyUntrusted,
  type PresentedChain,
} from './client-certificate.ts';
import { anonymousUser, asAuthenticated, requestHeaderUser, type Header } from './users.ts';

export interface AuthenticationContext {
  readonly authenticationConfig: {
    /** The same object until the configuration changes; undefined before the first one is read. */
    readonly current: AuthenticationConfig | undefined;
  };
  readonly tokenReviewer: {
    /** Returns undefined if the token is not valid. Rejects if no answer can be had. */
    reviewToken(token: string, address: string, signal: AbortSignal): Promise<User | undefined>;
  };
  readonly clock: { now(): number };
  readonly monotonicMs: () => number;
}

/** The credentials of a request. */
export interface PresentedCredentials {
  readonly chain: PresentedChain | undefined;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly authorization: string | undefined;
  /** The client's end of the connection. */
  readonly peer: { readonly remoteAddress?: string | undefined };
}

/** The authorities of one configuration. */
interface Roots {
  readonly config: AuthenticationConfig;
  readonly clientRoots: readonly X509Certificate[];
  readonly proxyRoots: readonly X509Certificate[];
  /**
   * The users that front proxies named lately, by the text of their headers. A front proxy sends few users, often.
   *
   * @bound {maxNamedUsers} users | {maxNamedUserTexts} of their headers | only front proxies name users | a constant
   */
  readonly namedUsers: LRUCache<string, { readonly user: User | undefined }>;
}

const maxNamedUsers = 1024;
/** Of the headers and of the users that they name. A longer text is parsed each time. In characters. */
const maxNamedUserTexts = 4 * 1024 * 1024;
const longestHeaders = 8192;

/** The result of verifying a client certificate. */
interface Verdict {
  readonly roots: Roots;
  /** It is the front proxy's, which may name users in headers. */
  readonly isProxy: boolean;
  /** The user whom the certificate itself names. */
  readonly user: User | undefined;
  /** For the error of a request that it gives no user. */
  readonly whyNoUser: string;
  /** Monotonic ms. */
  readonly validUntilMs: number;
  /** Unix ms. Certificates expire while their connections are open. */
  readonly expiresAtMs: number;
}

const verdictLifetimeMs = 60_000;
const maxTrustedChains = 256;

/**
 * Authenticates requests in the order of Kubernetes' aggregated API servers: front proxy, client certificate, bearer
 * token. A request is anonymous only if it presents none of them; credentials that fail are an error.
 *
 * Source: k8s.io/apiserver, authenticatorfactory.DelegatingAuthenticatorConfig.
 */
export class Authenticator {
  readonly #context: AuthenticationContext;
  #roots: Roots | undefined;
  /** By the client's certificate, as its connection has it. */
  readonly #verdicts = new WeakMap<X509Certificate, Verdict>();
  /**
   * By the fingerprints of a chain, for the next connections. Only of chains that lead to an authority.
   *
   * @bound {maxTrustedChains} chains | - | - | a constant
   */
  readonly #trusted = new LRUCache<string, Verdict>({ max: maxTrustedChains });

  constructor(context: AuthenticationContext) {
    this.#context = context;
  }

  /** @throws AdapterError `Unauthenticated` */
  async authenticate(presented: PresentedCredentials, signal: AbortSignal): Promise<User> {
    const certified = this.certifiedUser(presented);
    if (certified !== undefined) return certified;
    const { chain, authorization, peer } = presented;
    const token = bearerToken(authorization);
    if (token !== undefined) return await this.#tokenUser(token, addressOf(peer), signal);
    if (chain === undefined) return anonymousUser;
    const roots = this.#currentRoots();
    const why = roots && this.#verdictOn(chain, roots).whyNoUser;
    const what = `the certificate names no user: ${why ?? 'the authorities of the cluster are not known yet'}`;
    throw new AdapterError('Unauthenticated', `Unauthorized: ${what}`);
  }

  /** Returns the user named by the front proxy or by the certificate itself. */
  certifiedUser({ chain, rawHeaders }: PresentedCredentials): User | undefined {
    const roots = this.#currentRoots();
    if (roots === undefined || chain === undefined) return undefined;
    const { isProxy, user } = this.#verdictOn(chain, roots);
    return (isProxy ? namedUser(rawHeaders, roots) : undefined) ?? user;
  }

  async #tokenUser(token: string, address: string, signal: AbortSignal): Promise<User> {
    const { tokenReviewer } = this.#context;
    const user = await tokenReviewer.reviewToken(token, address, signal).catch((cause: unknown) => {
      if (signal.aborted) throw new AdapterError('Canceled', 'the client has gone', { cause });
      if (cause instanceof AdapterError) throw cause;
      const what = 'Unauthorized: the bearer token cannot be reviewed';
      throw new AdapterError('Unauthenticated', what, { cause });
    });
    if (user !== undefined) return asAuthenticated(user);
    throw new AdapterError('Unauthenticated', 'Unauthorized: the bearer token is not valid');
  }

  /** Verifying costs signature checks, so a verdict is kept for a minute, with its connection. */
  #verdictOn(chain: PresentedChain, roots: Roots): Verdict {
    const { clock, monotonicMs } = this.#context;
    const [nowMs, atMs] = [clock.now(), monotonicMs()];
    const { leaf } = chain;
    const known = this.#verdicts.get(leaf) ?? this.#trusted.get(keyOf(chain));
    if (known?.roots === roots && atMs < known.validUntilMs && nowMs < known.expiresAtMs) return known;
    const { config, clientRoots, proxyRoots } = roots;
    const { allowedNames = [] } = config.requestHeader ?? {};
    const isAllowed = () =>
      allowedNames.length === 0 || allowedNames.includes(subjectOf(leaf)?.commonName ?? '');
    const isClient = isTrustedClient(chain, clientRoots, nowMs);
    const user = isClient ? certificateUser(leaf) : undefined;
    const isOfProxy = isTrustedClient(chain, proxyRoots, nowMs);
    const isProxy = isOfProxy && isAllowed();
    const whyNoUser = () => {
      if (isProxy) return 'the headers of the front proxy name none';
      if (isOfProxy) return 'its common name is none of the requestheader-allowed-names';
      return isClient ? 'it has no common name that is certain' : whyUntrusted(chain, nowMs);
    };
    const verdict = {
      roots,
      isProxy,
      user: user && asAuthenticated(user),
      whyNoUser: whyNoUser(),
      validUntilMs: atMs + verdictLifetimeMs,
      expiresAtMs: leaf.validToDate.getTime(),
    };
    this.#verdicts.set(leaf, verdict);
    if (verdict.isProxy || user !== undefined) this.#trusted.set(keyOf(chain), verdict);
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
        namedUsers: new LRUCache({
          max: maxNamedUsers,
          maxSize: maxNamedUserTexts,
          // The text of the headers, and once more for the user.
          sizeCalculation: (_, headers) => 2 * headers.length,
        }),
      };
    }
    return this.#roots;
  }
}

const keyOf = ({ leaf, intermediates }: PresentedChain): string =>
  [leaf, ...intermediates].map(({ fingerprint256 }) => fingerprint256).join();

/** Returns the user that the headers name, in group `system:authenticated`. */
function namedUser(rawHeaders: readonly string[], { config, namedUsers }: Roots): User | undefined {
  const { requestHeader } = config;
  if (requestHeader === undefined) return undefined;
  const headers = identityHeaders(rawHeaders, requestHeader);
  const key = JSON.stringify(headers);
  const known = namedUsers.get(key);
  if (known !== undefined) return known.user;
  const named = requestHeaderUser(headers, requestHeader);
  const user = named && asAuthenticated(named);
  if (key.length <= longestHeaders) namedUsers.set(key, { user });
  return user;
}

/**
 * Returns the headers by which a front proxy names users, with values as Node decodes them: a character for each byte.
 *
 * @param rawHeaders names and values in turn, as received: in its other forms Node joins repeated headers by commas, and
 *   a group may contain a comma
 */
export function identityHeaders(
  rawHeaders: readonly string[],
  { usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes }: RequestHeaderConfig,
): Header[] {
  const isOne = (name: string) =>
    usernameHeaders.includes(name) ||
    uidHeaders.includes(name) ||
    groupHeaders.includes(name) ||
    extraHeaderPrefixes.some((prefix) => name.startsWith(prefix));
  const headers: Header[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (isOne(name)) headers.push([name, rawHeaders[index + 1] ?? '']);
  }
  return headers;
}
