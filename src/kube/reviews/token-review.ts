import { AuthenticationV1Api, type V1TokenReview } from '@kubernetes/client-node';
import type { KubeClient } from '../client/kube-client.ts';
import { isRecord } from '../client/kube-object.ts';
import type { KubeSurroundings } from '../client/kube-observer.ts';
import { ReviewCache } from './review-cache.ts';
import { defaultReviewSettings, Reviewer, type ReviewSettings } from './reviewer.ts';
import type { User } from './user.ts';

export interface TokenReviewSettings extends ReviewSettings {
  /** The token must be valid for one of these. Empty: for the API server itself. */
  readonly audiences: readonly string[];
}

/** A refused token is forgotten sooner: it may be so new that not every API server knows it yet. */
export const defaultTokenReviewSettings: TokenReviewSettings = {
  ...defaultReviewSettings,
  refusedTtlMs: 2000,
  audiences: [],
};

/**
 * Finds the user of a bearer token, by
 * https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
 */
export class TokenReviewer {
  readonly #api: AuthenticationV1Api;
  readonly #reviewer: Reviewer;
  readonly #audiences: readonly string[];
  readonly #cache: ReviewCache<{ readonly user?: User }>;

  constructor(
    client: KubeClient,
    surroundings: KubeSurroundings,
    settings: TokenReviewSettings = defaultTokenReviewSettings,
  ) {
    const { maxEntries, acceptedTtlMs, refusedTtlMs, audiences } = settings;
    this.#api = client.api(AuthenticationV1Api);
    this.#reviewer = new Reviewer(client, surroundings, settings);
    this.#audiences = audiences;
    this.#cache = new ReviewCache(
      maxEntries,
      ({ user }) => (user === undefined ? refusedTtlMs : acceptedTtlMs),
      surroundings.clock,
    );
  }

  /**
   * @returns undefined if the token is not valid
   * @throws KubeError if that cannot be found out; the signal's reason
   */
  async reviewToken(token: string, signal: AbortSignal): Promise<User | undefined> {
    const { user } = await this.#cache.get(token, (limited) => this.#review(token, limited), signal);
    return user;
  }

  /** Ends the reviews without a waiter. */
  close(): void {
    this.#cache.close();
  }

  async #review(token: string, signal: AbortSignal): Promise<{ readonly user?: User }> {
    const audiences = this.#audiences;
    const body: unknown = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, ...(audiences.length === 0 ? {} : { audiences: [...audiences] }) },
    };
    const status = await this.#reviewer.review(
      {
        kind: 'TokenReview',
        send: (options) => this.#api.createTokenReview({ body: body as V1TokenReview }, options),
        secret: token,
      },
      signal,
    );
    if (status['authenticated'] !== true) return {};
    if (audiences.length > 0 && !isMeantForOneOf(audiences, status['audiences'])) return {};
    const user = userOf(status['user']);
    if (user === undefined) throw this.#reviewer.malformed('TokenReview', 'its user cannot be read');
    return { user };
  }
}

/** A server that does not know audiences names none. Its answer does not count for our audiences. */
function isMeantForOneOf(audiences: readonly string[], granted: unknown): boolean {
  return Array.isArray(granted) && granted.some((audience) => audiences.includes(audience as string));
}

function userOf(value: unknown): User | undefined {
  if (!isRecord(value)) return undefined;
  const { username, uid, groups = [], extra = {} } = value;
  if (typeof username !== 'string' || username === '' || !isStrings(groups) || !isRecord(extra))
    return undefined;
  const entries = Object.entries(extra).map(([key, values]) => [key.toLowerCase(), values] as const);
  if (!entries.every((entry): entry is [string, readonly string[]] => isStrings(entry[1]))) return undefined;
  return {
    name: username,
    ...(typeof uid === 'string' && uid !== '' ? { uid } : {}),
    groups,
    extra: Object.fromEntries(entries),
  };
}

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
