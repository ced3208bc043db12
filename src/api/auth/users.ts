import { AdapterError } from '../../errors.ts';
import type { RequestHeaderConfig } from '../../kube/authentication-config.ts';
import type { User } from '../../kube/reviews/user.ts';
import { decodedUtf8 } from './certificate-subject.ts';

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
 * Of the name of a user, in characters. Kubernetes has no bound. Names are kept with answers and with reads.
 *
 * @bound - | {longestName} characters of a name | one user | a constant
 */
const longestName = 1024;

/**
 * Returns the user with group `system:authenticated`, unless the user is anonymous. A front proxy sends its own users
 * without groups. Source: k8s.io/apiserver/pkg/authentication/group, AuthenticatedGroupAdder.
 *
 * @throws AdapterError `Unauthenticated` if the name is too long
 */
export function asAuthenticated(user: User): User {
  if (user.name.length > longestName) {
    const what = `the name of the user has ${user.name.length} characters; at most ${longestName} are allowed`;
    throw new AdapterError('Unauthenticated', `Unauthorized: ${what}`);
  }
  if (user.name === anonymousUser.name) return user;
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}

export type Header = readonly [lowerCaseName: string, value: string];

/**
 * Returns the user that a front proxy names in its headers; undefined if it names none. The caller must have verified
 * the proxy's certificate: any client can send these headers.
 *
 * Source: k8s.io/apiserver/pkg/authentication/request/headerrequest. Go takes the bytes of a header as they are, which are
 * UTF-8. It would replace other bytes by U+FFFD in a review, so that two users became one.
 *
 * @throws AdapterError `Unauthenticated` if a name is not UTF-8
 */
export function requestHeaderUser(
  received: readonly Header[],
  config: RequestHeaderConfig,
): User | undefined {
  const headers = received.map(([name, value]): Header => [name, utf8Of(name, value)]);
  // The first value of a header counts, even if it is empty.
  const first = (names: readonly string[]) =>
    names
      .map((name) => headers.find((header) => header[0] === name)?.[1] ?? '')
      .find((value) => value !== '');
  const name = first(config.usernameHeaders);
  if (name === undefined) return undefined;
  return {
    name,
    uid: first(config.uidHeaders),
    // In the order of the names and then of the request.
    groups: config.groupHeaders.flatMap((wanted) =>
      headers.filter(([name, group]) => name === wanted && group !== '').map(([, group]) => group),
    ),
    extra: extraOf(headers, config.extraHeaderPrefixes),
  };
}

function extraOf(headers: readonly Header[], prefixes: readonly string[]): Record<string, string[]> {
  // Without a prototype, because the keys come from the client.
  const extra = Object.create(null) as Record<string, string[]>;
  for (const prefix of prefixes) {
    for (const [name, value] of headers) {
      if (name.startsWith(prefix)) (extra[decodeKey(name, name.slice(prefix.length))] ??= []).push(value);
    }
  }
  return extra;
}

/** Keys are percent-encoded where a header name cannot carry them. A key that is not is taken as it is. */
function decodeKey(header: string, key: string): string {
  if (/%(?![\da-f]{2})/i.test(key)) return key;
  const bytes = key.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return utf8Of(header, bytes);
}

/** @param bytes a character for each byte */
function utf8Of(header: string, bytes: string): string {
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  const text = decodedUtf8(Buffer.from(bytes, 'latin1'));
  if (text !== undefined) return text;
  throw new AdapterError('Unauthenticated', `Unauthorized: header ${header} of the front proxy is not UTF-8`);
}
