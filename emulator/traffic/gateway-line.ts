import type { AccessLine } from './access-line.ts';

/**
 * What Envoy knows of one request when it logs it. Undefined: Envoy has no value.
 * Source: Envoy, "Access logging", command operators.
 */
export interface EnvoyRequest {
  /** `%START_TIME%`, Unix ms. */
  readonly startMs: number;
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** `%RESPONSE_CODE%`: 0 if the client went away before there was one. */
  readonly responseCode: number;
  /** `%RESPONSE_FLAGS%`, such as `UH` or `DC`; empty: none. */
  readonly flags: string;
  /** Bytes of the bodies. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  /** The header `x-envoy-upstream-service-time` of the response. */
  readonly upstreamServiceTimeMs: number | undefined;
  readonly upstreamHost: string | undefined;
  readonly upstreamCluster: string | undefined;
  readonly routeName: string | undefined;
  readonly requestId: string;
  readonly userAgent: string;
}

/**
 * Returns the line as Higress writes it: a text in the shape of JSON, in which each value is a text and `-` stands for none.
 * Source: Higress, "Log description".
 */
export function higressText(request: EnvoyRequest): string {
  const text = (value: string | number | undefined) => String(value ?? '-');
  return JSON.stringify({
    authority: request.authority,
    bytes_received: text(request.bytesReceived),
    bytes_sent: text(request.bytesSent),
    downstream_local_address: '10.0.3.4:80',
    downstream_remote_address: '10.9.0.7:51234',
    duration: text(request.durationMs),
    method: request.method,
    path: request.path,
    protocol: 'HTTP/1.1',
    request_id: request.requestId,
    requested_server_name: '-',
    response_code: text(request.responseCode),
    response_flags: request.flags === '' ? '-' : request.flags,
    route_name: text(request.routeName),
    start_time: new Date(request.startMs).toISOString(),
    trace_id: '-',
    upstream_cluster: text(request.upstreamCluster),
    upstream_host: text(request.upstreamHost),
    upstream_local_address: request.upstreamHost === undefined ? '-' : '10.0.3.4:40112',
    upstream_service_time: text(request.upstreamServiceTimeMs),
    upstream_transport_failure_reason: '-',
    user_agent: request.userAgent,
    x_forwarded_for: '10.9.0.7',
  });
}

/** Returns the line that MSE ships to SLS: the fields of Higress and the gateway's own. Source: MSE, "Log shipping fields". */
export const mseText = (request: EnvoyRequest): string =>
  JSON.stringify({ cluster_id: 'gw-1', ...(JSON.parse(higressText(request)) as object), consumer: '-' });

/**
 * Returns the line as Envoy Gateway writes it: JSON in which numbers stay numbers, and null stands for no value. Headers are
 * texts. Sources: Envoy Gateway, "Proxy Access Logs"; Envoy, "Format dictionaries".
 */
export const envoyGatewayText = (request: EnvoyRequest): string =>
  JSON.stringify({
    ':authority': request.authority,
    bytes_received: request.bytesReceived,
    bytes_sent: request.bytesSent,
    connection_termination_details: null,
    downstream_local_address: '10.0.3.4:10080',
    downstream_remote_address: '10.9.0.7:51234',
    duration: request.durationMs,
    method: request.method,
    protocol: 'HTTP/1.1',
    requested_server_name: null,
    response_code: request.responseCode,
    response_code_details: 'via_upstream',
    response_flags: request.flags === '' ? '-' : request.flags,
    route_name: request.routeName ?? null,
    start_time: new Date(request.startMs).toISOString(),
    upstream_cluster: request.upstreamCluster ?? null,
    upstream_host: request.upstreamHost ?? null,
    upstream_local_address: null,
    upstream_transport_failure_reason: null,
    'user-agent': request.userAgent,
    'x-envoy-origin-path': request.path,
    'x-envoy-upstream-service-time':
      request.upstreamServiceTimeMs === undefined ? null : String(request.upstreamServiceTimeMs),
    'x-forwarded-for': '10.9.0.7',
    'x-request-id': request.requestId,
  });

/** Returns the line as ALB ships it to SLS. Source: SLS, "Fields in ALB access logs". */
export const albText = (line: AccessLine): string =>
  JSON.stringify({
    app_lb_id: 'alb-1',
    body_bytes_sent: line.bodyBytes,
    client_ip: line.client,
    host: line.host,
    http_host: line.host,
    http_user_agent: line.agent,
    request_length: line.requestLength,
    request_method: line.method,
    request_time: line.requestTime,
    request_uri: line.url,
    scheme: 'HTTP',
    slb_pool_name: line.alternativeName === '' ? line.upstreamName : line.alternativeName,
    slb_vport: '80',
    status: line.status,
    time: new Date(Math.floor(line.atSeconds) * 1000).toISOString().replace('.000Z', '+00:00'),
    upstream_addr: line.attempts.at(-1)?.addr ?? '-',
    upstream_response_time: line.attempts.at(-1)?.time ?? '-',
    upstream_status: line.attempts.at(-1)?.status ?? '-',
  });

/**
 * Returns the request of a line of ingress-nginx as Envoy would know it: the last attempt alone, and a canary as a backend of
 * its own. The name of the backend must have a namespace and a port without hyphens.
 */
export function envoyRequestOf(line: AccessLine): EnvoyRequest {
  const name = line.alternativeName === '' ? line.upstreamName : line.alternativeName;
  const [, namespace = '', service = '', port = ''] = /^([^-]+)-(.+)-([^-]+)$/.exec(name) ?? [];
  const last = line.attempts.at(-1);
  const isCut = line.status === '000';
  return {
    startMs: Math.floor(line.atSeconds * 1000),
    method: line.method,
    path: line.url,
    authority: line.host,
    responseCode: Number(line.status),
    flags: isCut ? 'DC' : last === undefined ? 'UH' : '',
    bytesReceived: line.method === 'GET' ? 0 : Number(line.requestLength),
    bytesSent: Number(line.bodyBytes),
    durationMs: Math.round(Number(line.requestTime) * 1000),
    upstreamServiceTimeMs: isCut || last === undefined ? undefined : Math.round(Number(last.time) * 1000),
    upstreamHost: last?.addr,
    upstreamCluster: `outbound|${port}||${service}.${namespace}.svc.cluster.local`,
    routeName: `httproute/${namespace}/${service}/rule/0/match/0/${line.host.replaceAll('.', '_')}`,
    requestId: line.requestId,
    userAgent: line.agent,
  };
}
