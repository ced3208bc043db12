import type { KubeClient } from '../client/kube-client.ts';
import { isRecord } from '../client/kube-error.ts';
import { ReviewCache } from './review-cache.ts';
import {
  defaultReviewSettings,
  misunderstood,
  sendReview,
  type ReviewSettings,
  type ReviewSurroundings,
} from './reviewer.ts';
import type { User } from './user.ts';

export interface TokenReviewSettings extends ReviewSettings {
  /** The token must be meant for one of these; none: for the API server itself. */
  readonly audiences: readonly string[];
}

/** A refused token is forgotten sooner: it may be so new that not every API server knows it yet. */
export const defaultTokenReviewSettings: TokenReviewSettings = {
  ...defaultReviewSettings,
  refusedTtlMs: 2000,
  audiences: [],
};

/** Who a bearer token is, by https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ */
export class TokenReviewer {
  readonly #client: KubeClient;
  readonly #around: ReviewSurroundings;
  readonly #settings: TokenReviewSettings;
  readonly #cache: ReviewCache<{ readonly user?: User }>;

  constructor(
    client: KubeClient,
    around: ReviewSurroundings,
    settings: TokenReviewSettings = defaultTokenReviewSettings,
  ) {
    const { maxEntries, acceptedTtlMs, refusedTtlMs } = settings;
    this.#client = client;
    this.#around = around;
    this.#settings = settings;
    this.#cache = new ReviewCache(
      maxEntries,
      ({ user }) => (user === undefined ? refusedTtlMs : acceptedTtlMs),
      around.clock,
    );
  }

  /**
   * @returns undefined: the token is not good
   * @throws KubeError: nobody knows whether it is; the signal's reason
   */
  async reviewToken(token: string, signal: AbortSignal): Promise<User | undefined> {
    const { user } = await this.#cache.get(token, (limited) => this.#review(token, limited), signal);
    return user;
  }

  /** Ends what nobody waits for. */
  close(): void {
    this.#cache.close();
  }

  async #review(token: string, signal: AbortSignal): Promise<{ readonly user?: User }> {
    const { audiences } = this.#settings;
    const status = await sendReview(
      this.#client,
      {
        kind: 'TokenReview',
        apiVersion: 'authentication.k8s.io/v1',
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        spec: { token, ...(audiences.length === 0 ? {} : { audiences }) },
        secret: token,
      },
      signal,
      this.#settings,
      this.#around,
    );
    if (status['authenticated'] !== true) return {};
    if (audiences.length > 0 && !meant(status['audiences'], audiences)) return {};
    const user = userOf(status['user']);
    if (user === undefined) throw misunderstood('TokenReview', 'its user cannot be read', this.#around);
    return { user };
  }
}

/** A server that does not know of audiences names none: its word does not count for ours. */
function meant(granted: unknown, asked: readonly string[]): boolean {
  return Array.isArray(granted) && granted.some((audience) => asked.includes(audience as string));
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
