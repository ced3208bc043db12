import type { LogRecord } from '../log-record.ts';
import { parseLogTime } from './log-time.ts';

/** What a line of the access log came to. */
export type ParsedLine =
  | { readonly kind: 'record'; readonly record: LogRecord }
  | { readonly kind: 'unparsed'; readonly reason: string };

interface Part {
  /** What the reason names when the line goes wrong here. */
  readonly what: string;
  readonly pattern: RegExp;
  readonly keys: readonly string[];
}

/** Group 2 of the time is its zone, which the collector drops from the `time` field. */
const timeZone = 'zone';

/** The line from its start, part by part; each pattern can end in one place only. */
const parts: readonly Part[] = [
  { what: 'client address', pattern: /^([^ ]+) - /, keys: ['client_ip'] },
  { what: 'forwarded address', pattern: /^\[([^\]]+)\] - /, keys: ['x_forward_for'] },
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
  {
    what: 'upstream address, length, time and status',
    pattern: /^([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) /,
    keys: ['upstream_addr', 'upstream_response_length', 'upstream_response_time', 'upstream_status'],
  },
  { what: 'request id and host', pattern: /^([^ ]+) *([^ ]*) */, keys: ['req_id', 'host'] },
];

/**
 * One line of ACK's nginx-ingress access log, as the collector's usual regular expression takes it apart
 * (ACK documentation, "Analyze and monitor the access log of nginx-ingress"):
 *
 * - fields are text as logged, `time` without its zone; the record's own time is the zone's;
 * - upstream lists of a retried request (`a, b`, or `a : b`) are cut at their spaces, so that everything after
 *   `proxy_upstream_name` lands in the wrong field, as it does in a real logstore;
 * - a line of the older format, without `[$proxy_alternative_upstream_name]`, leaves that field out;
 * - a request that is not METHOD URL VERSION (empty, `-`, a TLS hello) makes the line unparsed.
 */
export function parseAccessLogLine(line: string): ParsedLine {
  const captured: [string, string][] = [];
  let rest = line;
  for (const { what, pattern, keys } of parts) {
    const match = pattern.exec(rest);
    if (match === null) return { kind: 'unparsed', reason: `no valid ${what}` };
    keys.forEach((key, index) => captured.push([key, match[index + 1] ?? '']));
    rest = rest.slice(match[0].length);
  }
  const { [timeZone]: zone, ...fields } = Object.fromEntries(captured);
  const timeSeconds = parseLogTime(`${fields['time'] ?? ''} ${zone ?? ''}`);
  if (timeSeconds === undefined) return { kind: 'unparsed', reason: 'no valid time' };
  return { kind: 'record', record: { timeSeconds, fields: { ...fields, ...alternative(rest) } } };
}

/** What is left after six words: `[name]` on a plain line, the shifted rest of a retried one, or nothing. */
function alternative(rest: string): Record<string, string> {
  if (!rest.includes('[')) return {};
  return { proxy_alternative_upstream_name: /^\[*([^\]]*)/.exec(rest)?.[1] ?? '' };
}
