import { parseLogTime } from './log-time.ts';
import { commonParts, scan, timeZone, type ParsedLine, type Part } from './log-form.ts';

/** A value for each upstream: `a`, `a, b` after a retry, `a : b` after an internal redirect. */
const list = String.raw`([^ ,]+(?:(?:, | : )[^ ,]+)*)`;

const parts: readonly Part[] = [
  { what: 'client address', pattern: /^(?:([^ ]+) )?([^ -][^ ]*) - /, keys: ['host', 'client_ip'] },
  { what: 'forwarded address', pattern: /^(?:\[([^\]]+)\] - )?/, keys: ['x_forward_for'] },
  ...commonParts,
  {
    what: 'alternative upstream name',
    pattern: /^(?:\[([^\]]*)\] )?/,
    keys: ['proxy_alternative_upstream_name'],
  },
  { what: 'upstream address', pattern: new RegExp(`^${list} `), keys: ['upstream_addr'] },
  { what: 'upstream length', pattern: new RegExp(`^${list} `), keys: ['upstream_response_length'] },
  { what: 'upstream time', pattern: new RegExp(`^${list} `), keys: ['upstream_response_time'] },
  { what: 'upstream status', pattern: new RegExp(`^${list} `), keys: ['upstream_status'] },
  { what: 'request id', pattern: /^([^ ]+)/, keys: ['req_id'] },
];

/**
 * Parses one line in the default format of ingress-nginx (`upstreaminfo`), of old controllers too: with
 * `[$the_real_ip]`, or without the alternative name. It has no host unless the line starts with it, so the record has no
 * field `host` then. Lists of upstreams stay whole. Text after the request id is ignored, as by ACK's collector.
 * https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/
 */
export function parseDefaultLine(line: string): ParsedLine {
  const scanned = scan(line, parts);
  if (scanned.kind === 'unparsed') return scanned;
  const { [timeZone]: zone, ...fields } = scanned.fields;
  // With the forwarded address and without the alternative name at this place, the line is in ACK's form.
  if ('x_forward_for' in fields && !('proxy_alternative_upstream_name' in fields))
    return { kind: 'unparsed', reason: 'no valid alternative upstream name' };
  const timeSeconds = parseLogTime(`${fields['time'] ?? ''} ${zone ?? ''}`);
  if (timeSeconds === undefined) return { kind: 'unparsed', reason: 'no valid time' };
  return { kind: 'record', record: { timeSeconds, fields } };
}
