import { hash } from 'node:crypto';
import { AuthenticationV1Api } from '@kubernetes/client-node';
import { clientOf } from '../../runtime/shares.ts';
import { isRecord, type KubeObject } from '../client/kube-object.ts';
import type { KubeDependencies } from '../client/kube-observer.ts';
import { ReviewCache } from './review-cache.ts';
import { ReviewTurns } from './review-turns.ts';
import { defaultReviewSettings, Reviewer, type Review, type ReviewSettings } from './reviewer.ts';
import type { User } from './user.ts';

/**
 * A refused token is forgotten sooner: it may be so new that not every API server knows it yet.
 *
 * @bound 640 pending reviews of strangers, as many of users; 8 are sent | 2.5 MiB of tokens | an address takes at most as many as are free | constants
 */
export const defaultTokenReviewSettings: ReviewSettings = {
  ...defaultReviewSettings,
  refusedTtlMs: 2000,
  maxPending: 256,
  maxPendingBytes: 1024 * 1024,
  maxSent: 3,
};

/** Undefined: the token is not valid. */
interface TokenAnswer {
  readonly user?: User;
}

/**
 * Finds the user of a bearer token, by
 * https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
 */
export class TokenReviewer {
  readonly #api: AuthenticationV1Api;
  readonly #reviewer: Reviewer;
  readonly #cache: ReviewCache<TokenAnswer>;
  /** Made-up tokens take none of the turns of tokens that were accepted before. */
  readonly #turnsOfStrangers: ReviewTurns;
  readonly #turnsOfUsers: ReviewTurns;

  constructor(dependencies: KubeDependencies, settings: ReviewSettings) {
    this.#api = dependencies.client.api(AuthenticationV1Api);
    this.#reviewer = new Reviewer(dependencies, settings);
    this.#cache = new ReviewCache(settings, dependencies.monotonicMs);
    this.#turnsOfStrangers = new ReviewTurns(settings);
    this.#turnsOfUsers = new ReviewTurns(settings);
  }

  /**
   * @param address of the client
   * @returns undefined if the token is not valid
   * @throws KubeError if that cannot be found out; AdapterError `TooManyRequests`; the signal's reason
   */
  async reviewToken(token: string, address: string, signal: AbortSignal): Promise<User | undefined> {
    // Memory holds no token.
    const key = hash('sha256', token);
    const call = (limited: AbortSignal) => this.#review(key, token, address, limited);
    const { user } = await this.#cache.get(key, call, signal);
    return user;
  }

  /** Ends the reviews without a waiter. */
  close(): void {
    this.#cache.close();
  }

  async #review(key: string, token: string, address: string, signal: AbortSignal) {
    const known = this.#cache.accepted.holderOf(key);
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } } as const;
    const review: Review<TokenAnswer> = {
      body,
      send: (request, options) => this.#api.createTokenReview(request as never, options),
      answerOf,
      secret: token,
      turns: known === undefined ? this.#turnsOfStrangers : this.#turnsOfUsers,
      client: known ?? address,
    };
    const answer = await this.#reviewer.review(review, signal);
    const { user } = answer;
    if (user === undefined) return { answer, isAccepted: false, holder: address, bytes: 0 };
    return { answer, isAccepted: true, holder: clientOf(user.name), bytes: JSON.stringify(user).length };
  }
}

function answerOf(status: KubeObject): TokenAnswer | undefined {
  if (status['authenticated'] !== true) return {};
  const user = userOf(status['user']);
  return user && { user };
}

function userOf(value: unknown): User | undefined {
  if (!isRecord(value)) return undefined;
  const { username, uid, groups = [], extra = {} } = value;
  if (!isText(username) || username === '' || !isStrings(groups) || !isRecord(extra)) return undefined;
  const entries = Object.entries(extra).map(([key, values]) => [key.toLowerCase(), values] as const);
  if (!entries.every((entry): entry is [string, readonly string[]] => isStrings(entry[1]))) return undefined;
  return {
    name: username,
    ...(isText(uid) && uid !== '' ? { uid } : {}),
    groups,
    extra: Object.fromEntries(entries),
  };
}

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => isText(one));

/** Bytes that are not UTF-8 have become U+FFFD. Such a name could be another user's. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.isWellFormed() && !value.includes('\uFFFD');
