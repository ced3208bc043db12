/** The user of a request, as UserInfo of Kubernetes' authentication.k8s.io/v1. */
export interface User {
  readonly name: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  /** Keys in lower case. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Groups with a special meaning. Source: k8s.io/apiserver/pkg/authentication/user. */
export const mastersGroup = 'system:masters';
export const authenticatedGroup = 'system:authenticated';
const unauthenticatedGroup = 'system:unauthenticated';

export const anonymousUser: User = {
  name: 'system:anonymous',
  groups: [unauthenticatedGroup],
  extra: {},
};

/**
 * Returns the user with group `system:authenticated`, unless the user is anonymous. A front proxy sends its own users
 * without groups. Source: k8s.io/apiserver/pkg/authentication/group, AuthenticatedGroupAdder.
 */
export function asAuthenticated(user: User): User {
  if (user.name === anonymousUser.name) return user;
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}
