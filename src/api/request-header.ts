import type { User } from './user.ts';

/** How a front proxy says who asks. Source: ConfigMap kube-system/extension-apiserver-authentication. */
export interface RequestHeaderSettings {
  readonly caPem: string;
  /** Common names that the proxy's certificate may have; empty: any. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
  readonly uidHeaders: readonly string[];
}

/**
 * The user that a front proxy names. Its certificate must have been verified before: anybody can send a header.
 *
 * @param rawHeaders names and values in turn, as received: Node joins repeated headers elsewhere, and a group may
 *   contain a comma
 * @returns undefined where no user is named
 */
export function requestHeaderUser(
  rawHeaders: readonly string[],
  settings: RequestHeaderSettings,
): User | undefined {
  const headers = pairs(rawHeaders);
  const first = (names: readonly string[]) => valuesOf(headers, names).find((value) => value !== '');
  const name = first(settings.usernameHeaders);
  if (name === undefined) return undefined;
  return {
    name,
    uid: first(settings.uidHeaders),
    groups: valuesOf(headers, settings.groupHeaders),
    extra: extraOf(headers, settings.extraHeaderPrefixes),
  };
}

type Header = readonly [name: string, value: string];

const pairs = (raw: readonly string[]): Header[] =>
  Array.from({ length: raw.length / 2 }, (_, index) => [
    (raw[2 * index] ?? '').toLowerCase(),
    raw[2 * index + 1] ?? '',
  ]);

/** All values of the named headers: in the order of the names, then of the request. */
const valuesOf = (headers: readonly Header[], names: readonly string[]): string[] =>
  names.flatMap((wanted) =>
    headers.filter(([name]) => name === wanted.toLowerCase()).map(([, value]) => value),
  );

function extraOf(headers: readonly Header[], prefixes: readonly string[]): Record<string, string[]> {
  // Without a prototype: the keys are the client's.
  const extra = Object.create(null) as Record<string, string[]>;
  for (const prefix of prefixes.map((text) => text.toLowerCase())) {
    for (const [name, value] of headers) {
      if (name.startsWith(prefix)) (extra[unescapeKey(name.slice(prefix.length))] ??= []).push(value);
    }
  }
  return extra;
}

/** Keys are percent-encoded where a header cannot carry them; one that does not decode is taken as it is. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
