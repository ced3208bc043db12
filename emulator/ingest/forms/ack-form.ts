import { parseLogTime } from './log-time.ts';
import { commonParts, scan, timeZone, type ParsedLine, type Part } from './log-form.ts';

const parts: readonly Part[] = [
  { what: 'client address', pattern: /^([^ ]+) - /, keys: ['client_ip'] },
  { what: 'forwarded address', pattern: /^\[([^\]]+)\] - /, keys: ['x_forward_for'] },
  ...commonParts,
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
  const scanned = scan(line, parts);
  if (scanned.kind === 'unparsed') return scanned;
  const { [timeZone]: zone, ...fields } = scanned.fields;
  const timeSeconds = parseLogTime(`${fields['time'] ?? ''} ${zone ?? ''}`);
  if (timeSeconds === undefined) return { kind: 'unparsed', reason: 'no valid time' };
  return { kind: 'record', record: { timeSeconds, fields: { ...fields, ...alternative(scanned.rest) } } };
}

/** Parses the rest of a line: `[name]`, the shifted end of a retried request, or nothing. */
function alternative(rest: string): Record<string, string> {
  if (!rest.includes('[')) return {};
  return { proxy_alternative_upstream_name: /^\[*([^\]]*)/.exec(rest)?.[1] ?? '' };
}
