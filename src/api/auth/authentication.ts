import type { X509Certificate } from 'node:crypto';
import { AdapterError } from '../../errors.ts';
import type { AuthenticationConfig } from '../../kube/authentication-config.ts';
import {
  certificateUser,
  isTrustedClient,
  parseBundle,
  subjectOf,
  type PresentedChain,
} from './client-certificate.ts';
import { RequestHeaderUsers } from './request-header.ts';
import { anonymousUser, asAuthenticated, type User } from '../../kube/reviews/user.ts';

export interface AuthenticationContext {
  /** The same object for as long as nothing changes; undefined: nothing is known yet. */
  readonly trust: () => AuthenticationConfig | undefined;
  /** @returns undefined where the token is no user's. @throws where nobody can tell */
  readonly reviewToken: (token: string, signal: AbortSignal) => Promise<User | undefined>;
  readonly clock: { now(): number };
}

/** What a request presents. */
export interface PresentedCredentials {
  readonly chain: PresentedChain | undefined;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly authorization: string | undefined;
}

interface Roots {
  readonly settings: AuthenticationConfig;
  readonly clientRoots: readonly X509Certificate[];
  readonly proxyRoots: readonly X509Certificate[];
  /** Undefined: no front proxy is trusted. */
  readonly proxyUsers: RequestHeaderUsers | undefined;
}

/** What a certificate is good for, at one time. */
interface Verdict {
  readonly roots: Roots;
  readonly isProxy: boolean;
  readonly user: User | undefined;
  /** Unix ms: certificates expire, also those of open connections. */
  readonly untilMs: number;
}

const verdictLifetimeMs = 60_000;

/**
 * Tells who asks, in the order of Kubernetes' aggregated API servers: front proxy, client certificate, bearer
 * token, and anonymous only where nothing was presented that failed.
 * Source: k8s.io/apiserver, authenticatorfactory.DelegatingAuthenticatorConfig.
 */
export class Authenticator {
  readonly #context: AuthenticationContext;
  #roots: Roots | undefined;
  /** By the client's certificate, which lives at least as long as its connection. */
  readonly #verdicts = new WeakMap<X509Certificate, Verdict>();

  constructor(context: AuthenticationContext) {
    this.#context = context;
  }

  /**
   * The user that the certificate stands for, or lets the front proxy name; undefined where it does neither. The same
   * object for the same user, for as long as it is remembered.
   */
  byCertificate({ chain, rawHeaders }: PresentedCredentials, nowMs: number): User | undefined {
    const verdict = chain === undefined ? undefined : this.#judge(chain, nowMs);
    if (verdict === undefined) return undefined;
    const { isProxy, user, roots } = verdict;
    return (isProxy ? roots.proxyUsers?.of(rawHeaders) : undefined) ?? user;
  }

  /** @throws AdapterError `Unauthenticated` */
  async authenticate(presented: PresentedCredentials, signal: AbortSignal): Promise<User> {
    const certified = this.byCertificate(presented, this.#context.clock.now());
    if (certified !== undefined) return certified;
    const { chain, authorization } = presented;
    const token = bearerToken(authorization);
    if (token !== undefined) {
      const user = await this.#review(token, signal);
      if (user !== undefined) return asAuthenticated(user);
      throw new AdapterError('Unauthenticated', 'Unauthorized: the bearer token is not valid');
    }
    if (chain !== undefined)
      throw new AdapterError('Unauthenticated', 'Unauthorized: the certificate names no user');
    return anonymousUser;
  }

  async #review(token: string, signal: AbortSignal): Promise<User | undefined> {
    try {
      return await this.#context.reviewToken(token, signal);
    } catch (cause) {
      throw new AdapterError('Unauthenticated', 'Unauthorized: the bearer token cannot be reviewed', {
        cause,
      });
    }
  }

  #judge(chain: PresentedChain, nowMs: number): Verdict | undefined {
    const roots = this.#currentRoots();
    const known = this.#verdicts.get(chain.leaf);
    if (known !== undefined && known.roots === roots && nowMs < known.untilMs) return known;
    if (roots === undefined) return undefined;
    const allowedNames = roots.settings.requestHeader?.allowedNames ?? [];
    const isAllowed = allowedNames.length === 0 || allowedNames.includes(subjectOf(chain.leaf).commonName);
    const verdict = {
      roots,
      isProxy: isAllowed && isTrustedClient(chain, roots.proxyRoots, nowMs),
      user: this.#certifiedUser(chain, roots, nowMs),
      untilMs: Math.min(nowMs + verdictLifetimeMs, chain.leaf.validToDate.getTime()),
    };
    this.#verdicts.set(chain.leaf, verdict);
    return verdict;
  }

  #certifiedUser(chain: PresentedChain, { clientRoots }: Roots, nowMs: number): User | undefined {
    const user = isTrustedClient(chain, clientRoots, nowMs) ? certificateUser(chain.leaf) : undefined;
    return user && asAuthenticated(user);
  }

  #currentRoots(): Roots | undefined {
    const settings = this.#context.trust();
    if (settings === undefined) return undefined;
    if (this.#roots?.settings !== settings) {
      this.#roots = {
        settings,
        clientRoots: parseBundle(settings.clientCaPem ?? ''),
        proxyRoots: parseBundle(settings.requestHeader?.caPem ?? ''),
        proxyUsers: settings.requestHeader && new RequestHeaderUsers(settings.requestHeader),
      };
    }
    return this.#roots;
  }
}

/** Source: RFC 6750; the scheme in any case, as Kubernetes takes it. */
function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+)/i.exec(authorization ?? '')?.[1];
}
