import { type AccessAttributes, AccessReviewer } from '../kube/reviews/access-review.ts';
import { defaultReviewSettings } from '../kube/reviews/reviewer.ts';
import type { User } from '../kube/reviews/user.ts';
import type { Examination } from './examination.ts';
import type { Account } from './running-adapter.ts';

/** Reads metrics for HPAs, if kube-controller-manager gives each controller an account of its own. */
export const autoscalerController = {
  namespace: 'kube-system',
  name: 'horizontal-pod-autoscaler',
  isOwn: false,
};

export type Right = Extract<AccessAttributes, { kind: 'resource' }>;

/** Returns one right for each verb. Default: version v1 of the core group, in all namespaces. */
export const rightsOn = (
  verbs: readonly string[],
  resource: Partial<Right> & Pick<Right, 'resource'>,
): Right[] =>
  verbs.map((verb) => ({ namespace: '', group: '', version: 'v1', ...resource, kind: 'resource', verb }));

/** Returns the user of an account. Source: Kubernetes, "Authenticating", Service account tokens. */
const userOf = ({ namespace, name }: Account): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  extra: {},
});

/** Returns a text such as `list horizontalpodautoscalers.autoscaling in shop`. */
export function rightText({ verb, resource, group, name, namespace }: Right): string {
  const kind = group === '' ? resource : `${resource}.${group}`;
  return `${verb} ${kind}${name ? ` ${name}` : ''}${namespace ? ` in ${namespace}` : ''}`;
}

/**
 * Returns the rights that the account lacks.
 *
 * @throws KubeError, such as a 403 if we may not review the access of others; the reason of the signal
 */
export async function missingRights(
  { facts, dependencies }: Examination,
  account: Account,
  rights: readonly Right[],
  signal: AbortSignal,
): Promise<readonly Right[]> {
  const kube = { ...dependencies, client: facts.get('kube') };
  const reviewer = new AccessReviewer(kube, defaultReviewSettings);
  const review = (right: Right) =>
    account.isOwn
      ? reviewer.reviewOwnAccess(right, signal)
      : reviewer.reviewAccess(userOf(account), right, signal);
  const results = await Promise.all(rights.map(review));
  return rights.filter((_, index) => results[index]?.allowed !== true);
}
