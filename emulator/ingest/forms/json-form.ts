import { parseIsoTime, parseLogTime } from './log-time.ts';
import type { ParsedLine } from './log-form.ts';
import type { JsonObject } from './json-text.ts';

/**
 * The keys of each field, the surest first: the collector's own name, the variable of nginx, and the names in widely
 * copied examples. Upper case and `_`, `-`, `@` do not count, so `proxyUpstreamName` is the variable too. Left out is
 * what has another meaning elsewhere: `bytes_sent` includes the headers, `latency` is often that of the upstream,
 * `duration` may be in milliseconds.
 */
const keysOf: Readonly<Record<string, readonly string[]>> = {
  client_ip: [
    'client_ip',
    'remote_addr',
    'remote_ip',
    'the_real_ip',
    'real_ip',
    'client',
    'proxy_protocol_addr',
  ],
  x_forward_for: ['x_forward_for', 'proxy_add_x_forwarded_for', 'x_forwarded_for', 'http_x_forwarded_for'],
  remote_user: ['remote_user', 'user'],
  method: ['method', 'request_method', 'http_method', 'verb'],
  url: ['url', 'request_uri', 'uri', 'path', 'request_path'],
  version: ['version', 'server_protocol', 'protocol', 'request_proto', 'proto'],
  status: ['status', 'status_code', 'response_status', 'response_code'],
  body_bytes_sent: ['body_bytes_sent'],
  http_referer: ['http_referer', 'http_referrer', 'referer', 'referrer'],
  http_user_agent: ['http_user_agent', 'user_agent', 'agent'],
  request_length: ['request_length', 'request_size'],
  request_time: ['request_time'],
  proxy_upstream_name: ['proxy_upstream_name', 'upstream_name'],
  proxy_alternative_upstream_name: ['proxy_alternative_upstream_name', 'alternative_upstream_name'],
  upstream_addr: ['upstream_addr', 'upstream_address'],
  upstream_response_length: ['upstream_response_length'],
  upstream_response_time: ['upstream_response_time'],
  upstream_status: ['upstream_status'],
  req_id: ['req_id', 'request_id', 'x_request_id'],
  host: ['host', 'http_host', 'vhost', 'server_name'],
};

const timeKeys = [
  '__time__',
  'msec',
  'time_iso8601',
  'time_iso',
  'time_local',
  'timestamp',
  'time',
  'time_msec',
  'time_str',
  'event_time',
  'datetime',
];

const plainKey = (key: string) => (key.startsWith('__') ? key : key.toLowerCase().replace(/[^a-z0-9]/g, ''));

/** The values of an object by plain key. Those of nested objects (`httpRequest: { … }`) count after its own. */
type Values = ReadonlyMap<string, string>;

function valuesOf(object: JsonObject, depth = 2): Map<string, string> {
  const values = new Map<string, string>();
  const nested: JsonObject[] = [];
  for (const [key, value] of Object.entries(object)) {
    if (typeof value === 'string' || typeof value === 'number') values.set(plainKey(key), String(value));
    else if (typeof value === 'object' && value !== null) nested.push(value as JsonObject);
  }
  if (depth === 0) return values;
  for (const [key, value] of nested.flatMap((each) => [...valuesOf(each, depth - 1)]))
    if (!values.has(key)) values.set(key, value);
  return values;
}

function firstOf(values: Values, keys: readonly string[]): string | undefined {
  const key = keys.find((name) => values.has(plainKey(name)));
  return key === undefined ? undefined : values.get(plainKey(key));
}

/** Returns true if the object names a route, as `$proxy_upstream_name`. */
export function hasRoute(object: JsonObject): boolean {
  return firstOf(valuesOf(object), keysOf['proxy_upstream_name'] ?? []) !== undefined;
}

/** Reads the request of a JSON access log. `otherTime` is Unix time in seconds, for an object that has no time. */
export function parseJsonLine(object: JsonObject, otherTime: number | undefined): ParsedLine {
  const values = valuesOf(object);
  const fields: Record<string, string> = { ...requestFields(values) };
  for (const [field, keys] of Object.entries(keysOf)) {
    const value = firstOf(values, keys);
    if (value !== undefined) fields[field] = value;
  }
  const times = timeKeys
    .map((key) => values.get(plainKey(key)) ?? '')
    .map((text) => [text, timeOf(text)] as const);
  const [time, timeSeconds = otherTime] = times.find(([, seconds]) => seconds !== undefined) ?? [];
  if (timeSeconds === undefined) return { kind: 'unparsed', reason: 'no valid time with a zone' };
  if (time !== undefined) fields['time'] = time;
  return { kind: 'record', record: { timeSeconds, fields } };
}

/** Splits `$request`, `GET /path HTTP/1.1`. */
function requestFields(values: Values): Record<string, string> {
  const [, method, url, version] = /^(\w+) ([^ ]+) (.+)$/.exec(values.get('request') ?? '') ?? [];
  return method === undefined || url === undefined || version === undefined ? {} : { method, url, version };
}

function timeOf(text: string): number | undefined {
  if (/^\d{9,11}(\.\d+)?$/.test(text)) return Math.floor(Number(text));
  if (/^\d{12,13}$/.test(text)) return Math.floor(Number(text) / 1000);
  return parseIsoTime(text) ?? parseLogTime(text);
}
