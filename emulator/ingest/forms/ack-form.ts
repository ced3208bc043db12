import type { LogRecord } from '../../log-record.ts';
import { parseLogTime } from './log-time.ts';

/** The result of parsing a line. */
export type ParsedLine =
  | { readonly kind: 'record'; readonly record: LogRecord }
  | { readonly kind: 'unparsed'; readonly reason: string };

interface Part {
  /** Name of the part in the reason of an unparsed line. */
  readonly what: string;
  readonly pattern: RegExp;
  readonly keys: readonly string[];
}

/** Key of the time zone. The collector drops it from the `time` field. */
const timeZone = 'zone';

/** The parts of a line, from its start. Each pattern can match in one way only. */
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
 * Parses one line of ACK's nginx-ingress access log like the default regular expression of the log collector
 * (ACK documentation, "Analyze and monitor the access log of nginx-ingress"):
 *
 * - fields hold the text of the line. `time` has no zone, but the zone counts for the time of the record.
 * - the upstream lists of a retried request (`a, b`, or `a : b`) are split at their spaces. All that follows
 *   `proxy_upstream_name` then gets into the wrong field, as in a real logstore.
 * - a line of the older format, without `[$proxy_alternative_upstream_name]`, does not get that field.
 * - a line whose request is not METHOD URL VERSION (empty, `-`, a TLS hello) is unparsed.
 */
export function parseAckLine(line: string): ParsedLine {
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

/** Parses the rest of a line: `[name]`, the shifted end of a retried request, or nothing. */
function alternative(rest: string): Record<string, string> {
  if (!rest.includes('[')) return {};
  return { proxy_alternative_upstream_name: /^\[*([^\]]*)/.exec(rest)?.[1] ?? '' };
}
