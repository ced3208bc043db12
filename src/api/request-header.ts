import { TextMemo } from './text-memo.ts';
import { asAuthenticated, type User } from './user.ts';

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

/** Users that a front proxy has named are remembered with what named them; some have hundreds of groups. */
const maxUsers = 1024;
const longestKept = 8192;

/** The users that front proxies name. */
export class RequestHeaderUsers {
  readonly #settings: RequestHeaderSettings;
  readonly #names: ReadonlySet<string>;
  readonly #prefixes: readonly string[];
  readonly #users = new TextMemo<{ readonly user: User | undefined }>(maxUsers, longestKept);

  constructor(settings: RequestHeaderSettings) {
    const { usernameHeaders, groupHeaders, uidHeaders, extraHeaderPrefixes } = settings;
    this.#settings = settings;
    const names = [...usernameHeaders, ...groupHeaders, ...uidHeaders];
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    this.#prefixes = extraHeaderPrefixes.map((prefix) => prefix.toLowerCase());
  }

  /** As `requestHeaderUser`, and authenticated; the same object for the same headers. */
  of(rawHeaders: readonly string[]): User | undefined {
    return this.#users.get(this.#relevant(rawHeaders), () => {
      const user = requestHeaderUser(rawHeaders, this.#settings);
      return { user: user && asAuthenticated(user) };
    }).user;
  }

  /** All that tells of the user. A header holds no line break, so that no two lists read alike. */
  #relevant(rawHeaders: readonly string[]): string {
    let text = '';
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] ?? '').toLowerCase();
      if (this.#names.has(name) || this.#prefixes.some((prefix) => name.startsWith(prefix)))
        text += `${name}\n${rawHeaders[index + 1] ?? ''}\n`;
    }
    return text;
  }
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
