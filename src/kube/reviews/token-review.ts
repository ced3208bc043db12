import { hash } from 'node:crypto';
import { AuthenticationV1Api } from '@kubernetes/client-node';
import type { KubeClient } from '../client/kube-client.ts';
import { isRecord } from '../client/kube-object.ts';
import type { KubeDependencies } from '../client/kube-observer.ts';
import { ReviewCache } from './review-cache.ts';
import { defaultReviewSettings, Reviewer, type ReviewSettings } from './reviewer.ts';
import type { User } from './user.ts';

/** A refused token is forgotten sooner: it may be so new that not every API server knows it yet. */
export const defaultTokenReviewSettings: ReviewSettings = { ...defaultReviewSettings, refusedTtlMs: 2000 };

/**
 * Finds the user of a bearer token, by
 * https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
 */
export class TokenReviewer {
  readonly #api: AuthenticationV1Api;
  readonly #reviewer: Reviewer;
  readonly #cache: ReviewCache<{ readonly user?: User }>;

  constructor(client: KubeClient, dependencies: KubeDependencies, settings: ReviewSettings) {
    this.#api = client.api(AuthenticationV1Api);
    this.#reviewer = new Reviewer(client, dependencies, settings);
    this.#cache = new ReviewCache(settings, ({ user }) => user !== undefined, dependencies.monotonicMs);
  }

  /**
   * @returns undefined if the token is not valid
   * @throws KubeError if that cannot be found out; the signal's reason
   */
  async reviewToken(token: string, signal: AbortSignal): Promise<User | undefined> {
    // Memory holds no token.
    const question = hash('sha256', token);
    const { user } = await this.#cache.get(question, (limited) => this.#review(token, limited), signal);
    return user;
  }

  /** Ends the reviews without a waiter. */
  close(): void {
    this.#cache.close();
  }

  async #review(token: string, signal: AbortSignal): Promise<{ readonly user?: User }> {
    const status = await this.#reviewer.review(
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token },
        send: (...request) => this.#api.createTokenReview(...request),
        secret: token,
      },
      signal,
    );
    if (status['authenticated'] !== true) return {};
    const user = userOf(status['user']);
    if (user === undefined) throw this.#reviewer.malformed('TokenReview', 'its user cannot be read');
    return { user };
  }
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
