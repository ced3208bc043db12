import { AuthorizationV1Api } from '@kubernetes/client-node';
import { clientOf } from '../../runtime/shares.ts';
import type { KubeObject } from '../client/kube-object.ts';
import type { KubeDependencies } from '../client/kube-observer.ts';
import { keyOf } from './kept-answers.ts';
import { ReviewCache } from './review-cache.ts';
import { ReviewTurns } from './review-turns.ts';
import { Reviewer, type Review, type ReviewSettings } from './reviewer.ts';
import type { User } from './user.ts';

/** What a user wants to do, with the attributes that Go sends. */
export type AccessAttributes =
  | {
      readonly kind: 'resource';
      readonly namespace: string;
      readonly verb: string;
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      /** Name of one object. Undefined: all objects. */
      readonly name?: string;
    }
  | { readonly kind: 'path'; readonly path: string; readonly verb: string };

export interface AccessReviewResult {
  readonly allowed: boolean;
  /** The authorizer's own words, such as the RBAC rule that allows it. */
  readonly reason?: string;
}

const apiVersion = 'authorization.k8s.io/v1';

/** Asks the API server what users, and the adapter itself, may do. */
export class AccessReviewer {
  readonly #api: AuthorizationV1Api;
  readonly #reviewer: Reviewer;
  readonly #cache: ReviewCache<AccessReviewResult>;
  readonly #turns: ReviewTurns;
  /** The user as a part of the question. Callers pass the same object for the same user while they can. */
  readonly #userTexts = new WeakMap<User, string>();

  constructor(dependencies: KubeDependencies, settings: ReviewSettings) {
    this.#api = dependencies.client.api(AuthorizationV1Api);
    this.#reviewer = new Reviewer(dependencies, settings);
    this.#cache = new ReviewCache(settings, dependencies.monotonicMs);
    this.#turns = new ReviewTurns(settings);
  }

  /** Returns the answer if it is kept and positive, so that a repeated request need not wait. */
  keptAnswer(user: User, attributes: AccessAttributes): AccessReviewResult | undefined {
    const key = this.#keyOf(user, attributes);
    const { accepted } = this.#cache;
    const kept = accepted.get(key);
    if (kept !== undefined && accepted.isDue(key))
      this.#cache.renewIfDue(key, (signal) => this.#reviewUser(user, attributes, signal));
    return kept;
  }

  /**
   * Returns whether the user may do it, by
   * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
   *
   * @throws KubeError if that cannot be found out, which allows nothing; AdapterError `TooManyRequests`; the signal's reason
   */
  async reviewAccess(
    user: User,
    attributes: AccessAttributes,
    signal: AbortSignal,
  ): Promise<AccessReviewResult> {
    const call = (limited: AbortSignal) => this.#reviewUser(user, attributes, limited);
    return await this.#cache.get(this.#keyOf(user, attributes), call, signal);
  }

  #keyOf(user: User, attributes: AccessAttributes): string {
    let userText = this.#userTexts.get(user);
    if (userText === undefined) {
      userText = JSON.stringify(userFields(user));
      this.#userTexts.set(user, userText);
    }
    return keyOf(userText + JSON.stringify(attributes));
  }

  async #reviewUser(user: User, attributes: AccessAttributes, signal: AbortSignal) {
    const spec = { ...userFields(user), ...attributeFields(attributes) };
    const body = { apiVersion, kind: 'SubjectAccessReview', spec } as const;
    const send: Review<unknown>['send'] = (...request) => this.#api.createSubjectAccessReview(...request);
    const [turns, client] = [this.#turns, clientOf(user.name)];
    const isRenewal = this.#cache.accepted.holderOf(this.#keyOf(user, attributes)) !== undefined;
    const answer = await this.#reviewer.review({ body, send, answerOf, turns, client, isRenewal }, signal);
    return { answer, isAccepted: answer.allowed, holder: client, bytes: answer.reason?.length ?? 0 };
  }

  /** Returns whether the adapter itself may do it, which every user may ask. @throws KubeError; the signal's reason */
  async reviewOwnAccess(attributes: AccessAttributes, signal: AbortSignal): Promise<AccessReviewResult> {
    const body = { apiVersion, kind: 'SelfSubjectAccessReview', spec: attributeFields(attributes) } as const;
    const send: Review<unknown>['send'] = (...request) => this.#api.createSelfSubjectAccessReview(...request);
    return await this.#reviewer.review({ body, send, answerOf, turns: this.#turns, client: '' }, signal);
  }

  /** Ends the reviews without a waiter. */
  close(): void {
    this.#cache.close();
  }
}

function answerOf({ allowed, denied, reason }: KubeObject): AccessReviewResult | undefined {
  // Go refuses both too: k8s.io/apiserver/plugin/pkg/authorizer/webhook
  if (typeof allowed !== 'boolean' || (allowed && denied === true)) return undefined;
  return { allowed, ...(typeof reason === 'string' && reason !== '' ? { reason } : {}) };
}

/** Sorted, because it is part of the question: one user has one answer, in any order of groups and extra. */
function userFields({ name, uid, groups, extra }: User) {
  const keys = Object.keys(extra).sort();
  return {
    user: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...new Set(groups)].sort(),
    ...(keys.length === 0
      ? {}
      : { extra: Object.fromEntries(keys.map((key) => [key, [...(extra[key] ?? [])]])) }),
  };
}

function attributeFields(attributes: AccessAttributes) {
  if (attributes.kind === 'path') {
    const { path, verb } = attributes;
    return { nonResourceAttributes: { path, verb } };
  }
  const { namespace, verb, group, version, resource, name } = attributes;
  const one = name === undefined ? {} : { name };
  return { resourceAttributes: { namespace, verb, group, version, resource, ...one } };
}
