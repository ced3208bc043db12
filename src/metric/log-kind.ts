/** A kind of access log. */
export type IngressLogKind = 'nginx-ingress' | 'alb-ingress';

/** A log of which the configuration says what is asked. Templates: see `own/placeholders.ts`. */
export interface OwnLog {
  /** Template of the search. */
  readonly search: string;
  /** Template of a whole SELECT, which makes a metric's value by itself; undefined: the metric has aggregates. */
  readonly sql: string | undefined;
  /** Column whose values are the routes; undefined: no query is for more than one series. */
  readonly groupBy: string | undefined;
  /** Label → column that must equal its value. */
  readonly columns: Readonly<Record<string, string>>;
  /** Labels whose values are numbers. */
  readonly numbers: readonly string[];
}

/** What a metric is computed from. Metrics of equal kinds may share a query. */
export type LogKind = IngressLogKind | OwnLog;

/** Where a query can be for many routes, by what it tells them apart. */
export function routeColumnsOf(logKind: LogKind): LogColumns['route'] | undefined {
  if (typeof logKind === 'string') return logColumns[logKind].route;
  return logKind.groupBy === undefined ? undefined : { primary: logKind.groupBy };
}

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
export const logColumns: Readonly<Record<IngressLogKind, LogColumns>> = {
  'nginx-ingress': {
    route: { primary: 'proxy_upstream_name', alternative: 'proxy_alternative_upstream_name' },
    method: 'method',
  },
  'alb-ingress': { route: { primary: 'slb_pool_name' }, method: 'request_method' },
};
