import { parseJsonObject, type JsonObject } from './json-text.ts';

/** A form of log that is recognised, but has no route that could be read. */
interface OtherForm {
  readonly name: string;
  readonly pattern: RegExp;
}

const request = String.raw`\S+ \S+ \S+ \[[^\]]+\] "[^"]*" \d{3} (?:\d+|-)`;

/** Lines that the controller writes to standard error, where ACK's collector does not read. */
const errorLogs: readonly OtherForm[] = [
  {
    name: 'the log of the ingress controller itself',
    pattern: /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] /,
  },
  {
    name: 'the error log of nginx',
    pattern: /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(?:emerg|alert|crit|error|warn|notice|info|debug)\] /,
  },
];

const otherForms: readonly OtherForm[] = [
  {
    name: 'UTF-16 text, as `>` of PowerShell writes it (convert it to UTF-8)',
    pattern: /^(?:\uFFFD\uFFFD)?(?:[^\0]\0|\0[^\0]){4}/,
  },
  {
    name: 'the log of TCP and UDP streams of ingress-nginx, which has no route',
    pattern: /^\[[^\]]+\] \[[^\]]+\] (?:TCP|UDP) /,
  },
  { name: 'the access log of Envoy', pattern: /^\[\d{4}-\d\d-\d\dT[^\]]+\] "/ },
  {
    name: 'the access log of an AWS load balancer',
    pattern: /^(?:https?|h2|grpcs|wss?) \d{4}-\d\d-\d\dT\S+Z \S+ /,
  },
  {
    name: 'the access log of Traefik',
    pattern: new RegExp(`^${request} "[^"]*" "[^"]*" \\d+ "[^"]*" "[^"]*" \\d+ms$`),
  },
  {
    name: 'the combined or common format of Apache and nginx, which has no route',
    pattern: new RegExp(`^${request}(?:$| "[^"]*" "[^"]*"(?! \\S+ \\S+ \\[))`),
  },
  { name: 'the log of HAProxy', pattern: /haproxy\[\d+\]: / },
  { name: 'syslog', pattern: /^(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ / },
  { name: 'key=value pairs (logfmt)', pattern: /^\w+=\S* \w+=/ },
];

/** The keys that tell JSON logs apart. The first that is there names the log. */
const jsonLogs: readonly (readonly [key: string, name: string])[] = [
  ['app_lb_id', 'the access log of an Alibaba Cloud ALB without slb_pool_name'],
  ['response_flags', 'the access log of Envoy, as JSON'],
  ['upstream_cluster', 'the access log of Envoy, as JSON'],
  ['RouterName', 'the access log of Traefik, as JSON'],
  ['DownstreamStatus', 'the access log of Traefik, as JSON'],
];

/** The first two bytes of a gzip file, of which one is not UTF-8. */
const gzipStart = '\u001F\uFFFD';
const gzip = 'a gzip file (unpack it: `zcat FILE | npm run -s emulate -- --access-log -`)';

const jsonWithoutRoute =
  'JSON without a route (add `"proxy_upstream_name": "$proxy_upstream_name"` to log-format-upstream)';

/** Returns the name of the log that the line belongs to, or undefined if it is not known. */
export function nameOtherForm(line: string): string | undefined {
  if (line === '') return 'an empty line';
  if (line.startsWith(gzipStart)) return gzip;
  const object = parseJsonObject(line);
  if (object !== undefined) return nameJson(object);
  if (/^[{[]\s*["{[]/.test(line)) return 'JSON that is invalid, or not one object in a line';
  return otherForms.find(({ pattern }) => pattern.test(line))?.name;
}

function nameJson(object: JsonObject): string {
  return jsonLogs.find(([key]) => Object.hasOwn(object, key))?.[1] ?? jsonWithoutRoute;
}

/** Returns the name of the log if the controller writes it to standard error, or undefined. */
export function nameErrorLog(line: string): string | undefined {
  return errorLogs.find(({ pattern }) => pattern.test(line))?.name;
}
