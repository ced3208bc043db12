import {
  type AccessAttributes,
  type AccessReviewResult,
  AccessReviewer,
} from '../kube/reviews/access-review.ts';
import type { User } from '../kube/reviews/user.ts';
import type { Account, Examination } from './examination.ts';

/** Reads metrics for HPAs, if kube-controller-manager gives each controller an account of its own. */
export const autoscalerController = {
  namespace: 'kube-system',
  name: 'horizontal-pod-autoscaler',
  isOwn: false,
};

export const accountText = ({ namespace, name }: Account) => `${namespace}/${name}`;

/** Returns the attributes of one access review a verb. */
export const rightsOn = (
  verbs: readonly string[],
  {
    namespace = '',
    group = '',
    version = 'v1',
    ...rest
  }: { namespace?: string; group?: string; version?: string; resource: string; name?: string },
): AccessAttributes[] =>
  verbs.map((verb) => ({ kind: 'resource', namespace, verb, group, version, ...rest }));

/** Returns the user of an account. Source: Kubernetes, "Authenticating", Service account tokens. */
const userOf = ({ namespace, name }: Account): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  extra: {},
});

/** Returns a text such as `list horizontalpodautoscalers.autoscaling`. */
export function rightText(attributes: AccessAttributes): string {
  if (attributes.kind === 'path') return `${attributes.verb} ${attributes.path}`;
  const { verb, resource, group, name, namespace } = attributes;
  const kind = group === '' ? resource : `${resource}.${group}`;
  const one = name === undefined ? '' : ` ${name}`;
  return `${verb} ${kind}${one}${namespace === '' ? '' : ` in ${namespace}`}`;
}

/**
 * Returns the rights that the account lacks.
 *
 * @throws KubeError, such as a 403 if we may not review the access of others; the reason of the signal
 */
export async function missingRights(
  { facts, dependencies }: Examination,
  account: Account,
  rights: readonly AccessAttributes[],
  signal: AbortSignal,
): Promise<readonly AccessAttributes[]> {
  const reviewer = new AccessReviewer(facts.get('kube'), dependencies);
  const review = (attributes: AccessAttributes): Promise<AccessReviewResult> =>
    account.isOwn
      ? reviewer.reviewOwnAccess(attributes, signal)
      : reviewer.reviewAccess(userOf(account), attributes, signal);
  const decisions = await Promise.all(rights.map(review));
  return rights.filter((_, index) => decisions[index]?.allowed !== true);
}
