import type { RequestHeaderConfig } from '../../kube/authentication-config.ts';
import type { User } from '../../kube/reviews/user.ts';

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

type Header = readonly [lowerCaseName: string, value: string];

/**
 * Returns the headers by which a front proxy names users.
 *
 * @param rawHeaders names and values in turn, as received: in its other forms Node joins repeated headers by commas, and
 *   a group may contain a comma
 */
export function identityHeaders(
  rawHeaders: readonly string[],
  { usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes }: RequestHeaderConfig,
): Header[] {
  const names = new Set([...usernameHeaders, ...uidHeaders, ...groupHeaders]);
  const headers: Header[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (names.has(name) || extraHeaderPrefixes.some((prefix) => name.startsWith(prefix)))
      headers.push([name, rawHeaders[index + 1] ?? '']);
  }
  return headers;
}

/**
 * Returns the user that a front proxy names in its headers; undefined if it names none. The caller must have verified
 * the proxy's certificate: any client can send these headers.
 */
export function requestHeaderUser(headers: readonly Header[], config: RequestHeaderConfig): User | undefined {
  const first = (names: readonly string[]) => valuesOf(headers, names).find((value) => value !== '');
  const name = first(config.usernameHeaders);
  if (name === undefined) return undefined;
  return {
    name,
    uid: first(config.uidHeaders),
    groups: valuesOf(headers, config.groupHeaders),
    extra: extraOf(headers, config.extraHeaderPrefixes),
  };
}

/** Returns all values of the named headers, in the order of the names and then of the request. */
function valuesOf(headers: readonly Header[], names: readonly string[]): string[] {
  const values: string[] = [];
  for (const wanted of names) for (const [name, value] of headers) if (name === wanted) values.push(value);
  return values;
}

function extraOf(headers: readonly Header[], prefixes: readonly string[]): Record<string, string[]> {
  // Without a prototype, because the keys come from the client.
  const extra = Object.create(null) as Record<string, string[]>;
  for (const prefix of prefixes) {
    for (const [name, value] of headers) {
      if (name.startsWith(prefix)) (extra[decodeKey(name.slice(prefix.length))] ??= []).push(value);
    }
  }
  return extra;
}

/** Keys are percent-encoded where a header name cannot carry them. A key that does not decode is taken as it is. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
