/** Index type of a field. In SQL, `text` is varchar, `long` is bigint, `double` is double. */
export type FieldType = 'text' | 'long' | 'double';

/** The index of a logstore. Search and SQL can use only its fields. */
export interface IndexConfig {
  readonly fields: Readonly<Record<string, FieldType>>;
  /** If true, a bare word is searched in all fields. Default: true. */
  readonly fullText?: boolean;
}

/** The index that ACK creates for its `nginx-ingress` logstore. `upstream_*` fields are text, as they may be lists. */
export const nginxIngressIndex: IndexConfig = {
  fields: {
    client_ip: 'text',
    x_forward_for: 'text',
    remote_user: 'text',
    time: 'text',
    method: 'text',
    url: 'text',
    version: 'text',
    status: 'long',
    body_bytes_sent: 'long',
    http_referer: 'text',
    http_user_agent: 'text',
    request_length: 'long',
    request_time: 'double',
    proxy_upstream_name: 'text',
    upstream_addr: 'text',
    upstream_response_length: 'text',
    upstream_response_time: 'text',
    upstream_status: 'text',
    req_id: 'text',
    host: 'text',
    proxy_alternative_upstream_name: 'text',
  },
};

/** The fields that an ALB ingress needs, of the index of an ALB access log. Such logstores are named `alb_…`. */
export const albIngressIndex: IndexConfig = {
  fields: {
    client_ip: 'text',
    host: 'text',
    http_user_agent: 'text',
    request_method: 'text',
    request_uri: 'text',
    status: 'long',
    body_bytes_sent: 'long',
    request_length: 'long',
    request_time: 'double',
    slb_pool_name: 'text',
    upstream_addr: 'text',
    upstream_response_time: 'double',
    upstream_status: 'text',
  },
};

/** The fields that MSE documents with its types, without those of which no reading is made. */
export const mseIngressIndex: IndexConfig = {
  fields: {
    cluster_id: 'text',
    authority: 'text',
    bytes_received: 'long',
    bytes_sent: 'long',
    duration: 'long',
    method: 'text',
    path: 'text',
    request_id: 'text',
    response_code: 'long',
    response_flags: 'text',
    route_name: 'text',
    upstream_cluster: 'text',
    upstream_host: 'text',
    upstream_service_time: 'long',
    user_agent: 'text',
  },
};

/** An index as one makes it for the log of Envoy Gateway: numbers as numbers. */
export const envoyGatewayIndex: IndexConfig = {
  fields: {
    ':authority': 'text',
    bytes_received: 'long',
    bytes_sent: 'long',
    duration: 'long',
    method: 'text',
    response_code: 'long',
    response_flags: 'text',
    route_name: 'text',
    upstream_cluster: 'text',
    upstream_host: 'text',
    'user-agent': 'text',
    'x-envoy-origin-path': 'text',
    'x-envoy-upstream-service-time': 'long',
    'x-request-id': 'text',
  },
};

/** The delimiters of SLS's default text index. `-`, `_` and `.` are no delimiters. */
export const delimiters = ', \'";=()[]{}?@&<>/:\n\t\r';

const longText = /^[+-]?\d{1,19}$/;
const doubleText = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Returns the value of a `long` column, or null if the text is not a 64-bit integer. */
export function parseLong(text: string): bigint | null {
  if (!longText.test(text)) return null;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** Returns the value of a `double` column, or null if the text is not a finite number. */
export function parseDouble(text: string): number | null {
  if (!doubleText.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
