import type { RequestHeaderConfig } from '../../kube/authentication-config.ts';
import { TextMemo } from '../read/text-memo.ts';
import { asAuthenticated, type User } from '../../kube/reviews/user.ts';

/**
 * The user that a front proxy names. Its certificate must have been verified before: anybody can send a header.
 *
 * @param rawHeaders names and values in turn, as received: Node joins repeated headers elsewhere, and a group may
 *   contain a comma
 * @returns undefined where no user is named
 */
export function requestHeaderUser(
  rawHeaders: readonly string[],
  settings: RequestHeaderConfig,
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
  readonly #settings: RequestHeaderConfig;
  readonly #names: ReadonlySet<string>;
  readonly #prefixes: readonly string[];
  readonly #users = new TextMemo<{ readonly user: User | undefined }>(maxUsers, longestKept);
  #last: Named = { rawHeaders: [], tells: [], user: undefined };

  constructor(settings: RequestHeaderConfig) {
    const { usernameHeaders, groupHeaders, uidHeaders, extraHeaderPrefixes } = settings;
    this.#settings = settings;
    const names = [...usernameHeaders, ...groupHeaders, ...uidHeaders];
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    this.#prefixes = extraHeaderPrefixes.map((prefix) => prefix.toLowerCase());
  }

  /** As `requestHeaderUser`, and authenticated; the same object for the same headers. */
  of(rawHeaders: readonly string[]): User | undefined {
    if (namesTheSame(rawHeaders, this.#last)) return this.#last.user;
    const tells = Array.from({ length: rawHeaders.length / 2 }, (_, index) =>
      this.#tells((rawHeaders[2 * index] ?? '').toLowerCase()),
    );
    const telling = rawHeaders.filter((_, index) => tells[index >> 1]);
    // A header holds no line break, so that no two lists read alike.
    const { user } = this.#users.get(telling.join('\n'), () => {
      const named = requestHeaderUser(rawHeaders, this.#settings);
      return { user: named && asAuthenticated(named) };
    });
    this.#last = { rawHeaders, tells, user };
    return user;
  }

  /** Whether the header of this name tells of the user. */
  #tells(name: string): boolean {
    return this.#names.has(name) || this.#prefixes.some((prefix) => name.startsWith(prefix));
  }
}

/** Whom the headers of one request named. */
interface Named {
  readonly rawHeaders: readonly string[];
  /** Of each header, whether it tells of the user. */
  readonly tells: readonly boolean[];
  readonly user: User | undefined;
}

/** Nearly all requests in a row are of one client and in one name: the same names of headers, and the same user. */
function namesTheSame(rawHeaders: readonly string[], last: Named): boolean {
  if (rawHeaders.length !== last.rawHeaders.length) return false;
  for (let index = 0; index < rawHeaders.length; index += 1) {
    const matters = index % 2 === 0 || last.tells[index >> 1] === true;
    if (matters && rawHeaders[index] !== last.rawHeaders[index]) return false;
  }
  return true;
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
