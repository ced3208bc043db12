import type { LogRecord } from '../../log-record.ts';

/** The result of parsing a line in one form. */
export type ParsedLine =
  | { readonly kind: 'record'; readonly record: LogRecord }
  /** `reason` names the part that is wrong. */
  | { readonly kind: 'unparsed'; readonly reason: string };

/** One part of a line. The pattern starts with `^`, and can match in one way only. */
export interface Part {
  /** Name of the part in the reason of an unparsed line. */
  readonly what: string;
  readonly pattern: RegExp;
  /** Names of the pattern's groups, in order. A group that took part in no match gets no field. */
  readonly keys: readonly string[];
}

type Scanned =
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, string>>; readonly rest: string }
  | { readonly kind: 'unparsed'; readonly reason: string };

/** Reads the parts of a line one after the other. */
export function scan(line: string, parts: readonly Part[]): Scanned {
  const fields: Record<string, string> = {};
  let rest = line;
  for (const { what, pattern, keys } of parts) {
    const match = pattern.exec(rest);
    if (match === null) return { kind: 'unparsed', reason: `no valid ${what}` };
    for (const [index, key] of keys.entries()) {
      const text = match[index + 1];
      if (text !== undefined) fields[key] = text;
    }
    rest = rest.slice(match[0].length);
  }
  return { kind: 'fields', fields, rest };
}

/** Key of the time zone. The collector drops it from the `time` field. */
export const timeZone = 'zone';

/** From the user to the upstream name: what ACK's form and the default form of ingress-nginx have in common. */
export const commonParts: readonly Part[] = [
  { what: 'remote user', pattern: /^([^ ]+) /, keys: ['remote_user'] },
  { what: 'time', pattern: /^\[([^ \]]+) ([^ \]]+)\] /, keys: ['time', timeZone] },
  {
    what: 'request "METHOD URL VERSION"',
    pattern: /^"(\w+) ([^ "]+) ([^"]+)" /,
    keys: ['method', 'url', 'version'],
  },
  { what: 'status', pattern: /^(\d+) /, keys: ['status'] },
  { what: 'size of the body', pattern: /^(\d+) /, keys: ['body_bytes_sent'] },
  { what: 'referer', pattern: /^"([^"]*)" /, keys: ['http_referer'] },
  { what: 'user agent', pattern: /^"([^"]*)" /, keys: ['http_user_agent'] },
  {
    what: 'length and time of the request',
    pattern: /^([^ ]+) ([^ ]+) /,
    keys: ['request_length', 'request_time'],
  },
  { what: 'upstream name', pattern: /^\[([^\]]*)\] /, keys: ['proxy_upstream_name'] },
];
