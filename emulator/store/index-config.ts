/** How a field is indexed: SLS's `text` is a varchar in SQL, `long` a bigint, `double` a double. */
export type FieldType = 'text' | 'long' | 'double';

/** The index of one logstore. A field that is not in it cannot be named in a search or in SQL. */
export interface IndexConfig {
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Whether a bare word is searched in all fields. Default: true. */
  readonly fullText?: boolean;
}

/** The index that ACK makes for its `nginx-ingress` logstore. `upstream_*` may hold lists, so they stay text. */
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

/** The index of a logstore that ALB delivers its access log to, as far as ingresses need it. Names begin `alb_`. */
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

const longText = /^[+-]?\d{1,19}$/;
const doubleText = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** A field's text as a `long` column holds it, or null where it is not a 64-bit integer. */
export function parseLong(text: string): bigint | null {
  if (!longText.test(text)) return null;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** A field's text as a `double` column holds it, or null where it is not a finite number. */
export function parseDouble(text: string): number | null {
  if (!doubleText.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
