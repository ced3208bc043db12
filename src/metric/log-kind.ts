/** A kind of ingress log whose lines the adapter understands. */
export type IngressLogKind = 'nginx-ingress' | 'alb-ingress';

/** Everything in which one kind of ingress log differs from the others. */
export interface IngressLogFormat {
  /** Begins the names of its metrics. */
  readonly metricPrefix: string;
  /** Ends the descriptions of its metrics: what is measured. */
  readonly measured: string;
  /** Columns of the backend of a request and, if the log has one, of the canary's backend. */
  readonly route: { readonly primary: string; readonly alternative?: string };
  readonly method: string;
}

/**
 * The kinds of ingress logs: one entry each. Other columns have one name in all of them: `status`, `host`,
 * `request_time` (seconds), `request_length` and `body_bytes_sent` (bytes), `upstream_response_time` (seconds, a list if
 * several upstreams were tried). Sources: ACK, "Collect and analyze NGINX Ingress access logs"; ALB, "Access log fields".
 */
export const ingressLogs: Readonly<Record<IngressLogKind, IngressLogFormat>> = {
  'nginx-ingress': {
    metricPrefix: 'sls_ingress_',
    measured: 'of an nginx-ingress route',
    route: { primary: 'proxy_upstream_name', alternative: 'proxy_alternative_upstream_name' },
    method: 'method',
  },
  'alb-ingress': {
    metricPrefix: 'sls_alb_ingress_',
    measured: 'of an ALB ingress route',
    route: { primary: 'slb_pool_name' },
    method: 'request_method',
  },
};

/** A log that the configuration describes. Templates: see `own/placeholders.ts`. */
export interface OwnLog {
  readonly search: string;
  /** Template of a whole SELECT that gives the value; undefined: the metric has aggregates. */
  readonly sql: string | undefined;
  /** Column whose values are the routes; undefined: each series needs a query of its own. */
  readonly groupBy: string | undefined;
  /** Label → column that must equal its value. */
  readonly columns: Readonly<Record<string, string>>;
  readonly numbers: readonly string[];
}

/** The log that a metric is computed from. Metrics of equal kinds may share a query. */
export type LogKind = IngressLogKind | OwnLog;

/**
 * Returns the column that a line must have to count for a route. Undefined for a whole logstore, and for logs of the
 * configuration, whose lines need none.
 */
export const routeColumnOf = (logKind: LogKind, isByRoute: boolean): string | undefined =>
  isByRoute && typeof logKind === 'string' ? ingressLogs[logKind].route.primary : undefined;

/** Returns the columns that tell routes apart; undefined: a query cannot be for many routes. */
export function routeColumnsOf(logKind: LogKind): IngressLogFormat['route'] | undefined {
  if (typeof logKind === 'string') return ingressLogs[logKind].route;
  return logKind.groupBy === undefined ? undefined : { primary: logKind.groupBy };
}
