/** A kind of access log. */
export type LogKind = 'nginx-ingress' | 'alb-ingress';

/** The columns that differ from one kind of log to the other. */
export interface LogColumns {
  /** The backend of a request, and, where there is one, that of its canary. */
  readonly route: { readonly primary: string; readonly alternative?: string };
  readonly method: string;
}

/**
 * Sources: ACK, "Collect and analyze NGINX Ingress access logs"; ALB, "Access log fields". What is not here has one
 * name in both: `status`, `host`, `request_time` (seconds), `request_length` and `body_bytes_sent` (bytes),
 * `upstream_response_time` (seconds, a list where several upstreams were tried).
 */
export const logColumns: Readonly<Record<LogKind, LogColumns>> = {
  'nginx-ingress': {
    route: { primary: 'proxy_upstream_name', alternative: 'proxy_alternative_upstream_name' },
    method: 'method',
  },
  'alb-ingress': { route: { primary: 'slb_pool_name' }, method: 'request_method' },
};
