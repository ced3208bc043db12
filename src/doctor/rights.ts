import {
  type AccessAttributes,
  type AccessDecision,
  AccessReviewer,
  reviewOwnAccess,
} from '../kube/reviews/access-review.ts';
import type { User } from '../kube/reviews/user.ts';
import type { Account, Examination } from './examination.ts';

/** Who reads metrics for HPAs, where kube-controller-manager gives each controller an account. */
export const autoscalerController = {
  namespace: 'kube-system',
  name: 'horizontal-pod-autoscaler',
  isOwn: false,
};

export const accountText = ({ namespace, name }: Account) => `${namespace}/${name}`;

/** Resource attributes of the verbs, each to be allowed. */
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

/** Source: Kubernetes, "Authenticating", Service account tokens. */
export const userOf = ({ namespace, name }: Account): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  extra: {},
});

/** `list horizontalpodautoscalers.autoscaling` */
export function rightText(attributes: AccessAttributes): string {
  if (attributes.kind === 'path') return `${attributes.verb} ${attributes.path}`;
  const { verb, resource, group, name, namespace } = attributes;
  const kind = group === '' ? resource : `${resource}.${group}`;
  const one = name === undefined ? '' : ` ${name}`;
  return `${verb} ${kind}${one}${namespace === '' ? '' : ` in ${namespace}`}`;
}

/**
 * Those of the rights that the account does not have.
 *
 * @throws KubeError, such as a 403 where we may not ask about others; the signal's reason
 */
export async function missingRights(
  { facts, around }: Examination,
  account: Account,
  rights: readonly AccessAttributes[],
  signal: AbortSignal,
): Promise<readonly AccessAttributes[]> {
  const client = facts.get('kube');
  const reviewer = new AccessReviewer(client, around);
  const review = (attributes: AccessAttributes): Promise<AccessDecision> =>
    account.isOwn
      ? reviewOwnAccess(client, attributes, signal, around)
      : reviewer.reviewAccess(userOf(account), attributes, signal);
  const decisions = await Promise.all(rights.map(review));
  return rights.filter((_, index) => decisions[index]?.allowed !== true);
}
