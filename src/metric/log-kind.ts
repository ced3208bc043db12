/** A kind of ingress log whose lines the adapter understands. */
export type IngressLogKind = 'nginx-ingress' | 'alb-ingress' | 'mse-ingress' | 'envoy-gateway';

/**
 * What a column holds. `backend` names the backend of a request, `canary` the canary's. `requestTime` and `upstreamTime`
 * are in the `timeUnit` of the log, `requestBytes` and `responseBytes` in bytes. `flags` says why a request got no answer.
 */
export type ColumnId =
  | ('backend' | 'canary' | 'host' | 'method' | 'status')
  | ('requestTime' | 'upstreamTime' | 'requestBytes' | 'responseBytes')
  | ('upstreamHost' | 'flags');

/** A column of a log, with its type in the index of a logstore. */
export interface LogColumn {
  readonly name: string;
  readonly type: 'text' | 'long' | 'double';
}

/**
 * SQL over the columns of a log, each written as `{backend}`. Constants only: it must contain nothing from a request.
 * `src/sls/query-text.ts` writes the names of the columns.
 */
export type SqlTemplate = string;

/**
 * A placeholder of a template: `{backend}`, or in a user's own `{route}`, `{window}`, `{from}`, `{to}` and `{label}`. It
 * begins with a letter, so the `{3}` of a regular expression is not a placeholder.
 */
export const placeholderForm = String.raw`\{[A-Za-z][-\w.]*\}`;
const placeholders = new RegExp(placeholderForm, 'g');

/** Stands for the route of the series in a user's own template. */
export const routePlaceholder = 'route';

/** Returns the names of the placeholders in a text, each once. */
export const placeholdersOf = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(placeholders), ([found]) => found.slice(1, -1))),
];

/** Returns the text with each placeholder replaced by what `value` gives for its name. */
export const withPlaceholders = (text: string, value: (name: string) => string): string =>
  text.replace(placeholders, (found) => value(found.slice(1, -1)));

/** Everything in which one kind of ingress log differs from the others. */
export interface IngressLog {
  readonly kind: IngressLogKind;
  /** Begins the names of its metrics. */
  readonly metricPrefix: string;
  /** Ends the descriptions of its metrics: what is measured. */
  readonly measured: string;
  /** A measure whose column is not here is no metric of this kind. */
  readonly columns: Readonly<
    Record<'backend' | 'host' | 'method' | 'status', LogColumn> & Partial<Record<ColumnId, LogColumn>>
  >;
  readonly timeUnit: 's' | 'ms';
  /** Whether `backend` and `canary` hold the route as it is, so that a search can find its lines. */
  readonly isRouteText: boolean;
  readonly sql: LogExpressions;
  /** Returns what `sql.route` computes, for a line of a file. */
  readonly routeOf: (backend: string, canary: string) => string;
  /** The same for a logstore that has the column `canary`. */
  readonly canarySql?: Pick<LogExpressions, 'route' | 'hostName'>;
}

/** What templates can name besides columns, such as `{upstreamTotal}`. */
export interface LogExpressions {
  /** The route of a line: its effective backend. */
  readonly route: SqlTemplate;
  readonly hostName: SqlTemplate;
  /** The time of all upstreams of a request. NULL if no upstream answered, or if the text cannot be read. */
  readonly upstreamTotal?: SqlTemplate;
  /** Condition: the line says that no upstream answered. */
  readonly withoutUpstream?: SqlTemplate;
}

/** A log that the configuration describes. Its templates may have placeholders. */
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
export type LogKind = IngressLog | OwnLog;

export const isIngressLog = (logKind: LogKind): logKind is IngressLog => 'kind' in logKind;

/** How the collector of a logstore names columns that have another name in the gateway's own log. */
export interface LogColumnNames {
  /** Undefined: every project. */
  readonly project?: string | undefined;
  readonly logstore: string;
  /** Name in the gateway's log → name in the logstore. */
  readonly columns: Readonly<Partial<Record<string, string>>>;
}

export function renamedLog(log: IngressLog, { columns: names }: LogColumnNames): IngressLog {
  const columns: Record<string, LogColumn> = { ...log.columns };
  for (const [id, { name, type }] of Object.entries(columns))
    columns[id] = { name: names[name] ?? name, type };
  return { ...log, columns: columns as unknown as IngressLog['columns'] };
}

/** Returns what is equal in JSON for equal kinds, within one logstore. */
export const logKindKey = (logKind: LogKind): IngressLogKind | OwnLog =>
  isIngressLog(logKind) ? logKind.kind : logKind;

/**
 * Returns the column that a line must have to count for a route. Undefined for a whole logstore, and for logs of the
 * configuration, whose lines need none.
 */
export const routeColumnOf = (logKind: LogKind, isByRoute: boolean): string | undefined =>
  isByRoute && isIngressLog(logKind) ? logKind.columns.backend.name : undefined;

/** Whether one query can be for many routes. */
export const tellsRoutesApart = (logKind: LogKind): boolean =>
  isIngressLog(logKind) || logKind.groupBy !== undefined;

/** Returns the column of canaries, which a logstore may lack. Undefined: no logstore of the kind has one. */
export const canaryColumnOf = (logKind: LogKind): string | undefined =>
  isIngressLog(logKind) ? logKind.columns.canary?.name : undefined;
