import type { IngressLog, LogColumn } from '../log-kind.ts';
import { upstreamLists } from './upstream-lists.ts';

/**
 * A backend is `{namespace}-{service}-{port}`: DNS labels, then the number or name of a port. The collector's usual regular
 * expression misreads the line of a retried request: then the alternative column has other parts of the line first, and
 * the name after its last `[`. If the column ends with anything else (nothing, `-`), the primary counts.
 */
const backendPattern = '[a-z0-9][-a-z0-9]*-[a-z0-9][-a-z0-9]*-[a-z0-9][-a-z0-9]*';
const canaryPattern = String.raw`(^|\[)(${backendPattern})$`;

/** In a misread line, the host stands before the last `[` of the alternative column. */
const misreadHost = String.raw`([^ ]+) \[[^\[]*$`;

/** Those that ALB has too. */
export const nginxColumns = {
  host: { name: 'host', type: 'text' },
  status: { name: 'status', type: 'long' },
  requestTime: { name: 'request_time', type: 'double' },
  // A list if several upstreams were tried, so it is text.
  upstreamTime: { name: 'upstream_response_time', type: 'text' },
  requestBytes: { name: 'request_length', type: 'long' },
  responseBytes: { name: 'body_bytes_sent', type: 'long' },
} as const satisfies Record<string, LogColumn>;

/** Source: ACK, "Collect and analyze NGINX Ingress access logs". */
export const nginxIngress: IngressLog = {
  kind: 'nginx-ingress',
  metricPrefix: 'sls_ingress_',
  measured: 'of an nginx-ingress route',
  columns: {
    backend: { name: 'proxy_upstream_name', type: 'text' },
    canary: { name: 'proxy_alternative_upstream_name', type: 'text' },
    method: { name: 'method', type: 'text' },
    ...nginxColumns,
  },
  timeUnit: 's',
  isRouteText: true,
  sql: { route: '{backend}', hostName: '{host}', ...upstreamLists },
  routeOf: (backend, canary) => new RegExp(canaryPattern).exec(canary)?.[2] ?? backend,
  canarySql: {
    route: `coalesce(regexp_extract({canary}, '${canaryPattern}', 2), {backend})`,
    hostName: `coalesce(regexp_extract({canary}, '${misreadHost}', 1), {host})`,
  },
};
