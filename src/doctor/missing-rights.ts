import {
  AccessReviewer,
  reviewOwnAccess,
  type AccessAttributes,
  type AccessDecision,
} from '../kube/reviews/access-review.ts';
import { userOf, type Account } from './account.ts';
import type { Examination } from './examination.ts';

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
