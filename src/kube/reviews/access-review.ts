import type { KubeClient } from '../client/kube-client.ts';
import { ReviewCache } from './review-cache.ts';
import {
  defaultReviewSettings,
  misunderstood,
  sendReview,
  type ReviewSettings,
  type ReviewSurroundings,
} from './reviewer.ts';
import type { User } from './user.ts';

/** What is asked for, with the attributes that Go sends. */
export type AccessAttributes =
  | {
      readonly kind: 'resource';
      readonly namespace: string;
      readonly verb: string;
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      /** Of one object; undefined: of all. */
      readonly name?: string;
    }
  | { readonly kind: 'path'; readonly path: string; readonly verb: string };

export interface AccessDecision {
  readonly allowed: boolean;
  /** The authorizer's own words, such as which RBAC rule allows it. */
  readonly reason?: string;
}

/**
 * Whether a user may, by
 * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
 */
export class AccessReviewer {
  readonly #client: KubeClient;
  readonly #around: ReviewSurroundings;
  readonly #settings: ReviewSettings;
  readonly #cache: ReviewCache<AccessDecision>;

  constructor(
    client: KubeClient,
    around: ReviewSurroundings,
    settings: ReviewSettings = defaultReviewSettings,
  ) {
    const { maxEntries, acceptedTtlMs, refusedTtlMs } = settings;
    this.#client = client;
    this.#around = around;
    this.#settings = settings;
    this.#cache = new ReviewCache(
      maxEntries,
      ({ allowed }) => (allowed ? acceptedTtlMs : refusedTtlMs),
      around.clock,
    );
  }

  /** @throws KubeError: nobody knows, so nobody may; the signal's reason */
  async reviewAccess(user: User, attributes: AccessAttributes, signal: AbortSignal): Promise<AccessDecision> {
    const spec = specOf(user, attributes);
    return await this.#cache.get(
      JSON.stringify(spec),
      async (limited) => await this.#review(spec, limited),
      signal,
    );
  }

  /** Ends what nobody waits for. */
  close(): void {
    this.#cache.close();
  }

  async #review(spec: unknown, signal: AbortSignal): Promise<AccessDecision> {
    return await decide('SubjectAccessReview', this.#client, spec, signal, this.#settings, this.#around);
  }
}

/**
 * Whether we may ourselves, by
 * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/.
 * Everybody may ask that.
 *
 * @throws KubeError: nobody knows; the signal's reason
 */
export const reviewOwnAccess = (
  client: KubeClient,
  attributes: AccessAttributes,
  signal: AbortSignal,
  around: ReviewSurroundings,
  settings: ReviewSettings = defaultReviewSettings,
): Promise<AccessDecision> =>
  decide('SelfSubjectAccessReview', client, attributesOf(attributes), signal, settings, around);

async function decide(
  kind: 'SubjectAccessReview' | 'SelfSubjectAccessReview',
  client: KubeClient,
  spec: unknown,
  signal: AbortSignal,
  settings: ReviewSettings,
  around: ReviewSurroundings,
): Promise<AccessDecision> {
  const apiVersion = 'authorization.k8s.io/v1';
  const review = { kind, apiVersion, path: `/apis/${apiVersion}/${kind.toLowerCase()}s`, spec };
  const { allowed, denied, reason } = await sendReview(client, review, signal, settings, around);
  // Go refuses both as well: k8s.io/apiserver/plugin/pkg/authorizer/webhook
  if (typeof allowed !== 'boolean' || (allowed && denied === true))
    throw misunderstood(kind, 'its status contradicts itself or decides nothing', around);
  return { allowed, ...(typeof reason === 'string' && reason !== '' ? { reason } : {}) };
}

/** In one order whatever the order of groups and keys, so that its text is the key of the cache. */
function specOf({ name, uid, groups, extra }: User, attributes: AccessAttributes): unknown {
  const keys = Object.keys(extra).sort();
  return {
    user: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...new Set(groups)].sort(),
    ...(keys.length === 0 ? {} : { extra: Object.fromEntries(keys.map((key) => [key, extra[key]])) }),
    ...attributesOf(attributes),
  };
}

function attributesOf(attributes: AccessAttributes): object {
  if (attributes.kind === 'path') {
    const { path, verb } = attributes;
    return { nonResourceAttributes: { path, verb } };
  }
  const { namespace, verb, group, version, resource, name } = attributes;
  const one = name === undefined ? {} : { name };
  return { resourceAttributes: { namespace, verb, group, version, resource, ...one } };
}
