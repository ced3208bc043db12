import type { LogColumn, LogExpressions, SqlTemplate } from '../log-kind.ts';

/** Columns that Envoy's logs share, whoever configures them. Times are whole milliseconds, bytes are those of bodies. */
export const envoyColumns = {
  method: { name: 'method', type: 'text' },
  status: { name: 'response_code', type: 'long' },
  requestTime: { name: 'duration', type: 'long' },
  requestBytes: { name: 'bytes_received', type: 'long' },
  responseBytes: { name: 'bytes_sent', type: 'long' },
  upstreamHost: { name: 'upstream_host', type: 'text' },
  flags: { name: 'response_flags', type: 'text' },
} as const satisfies Record<string, LogColumn>;

/** What Envoy and collectors write for a value that is not there. */
const isAbsent = (column: string): SqlTemplate =>
  `coalesce(cast({${column}} AS varchar), '') IN ('', '-', 'null')`;

/**
 * The time is in a header of the response. So a request has none if no upstream was chosen, or if the one that was chosen
 * did not answer, which sets a flag. Without either, the gateway does not log the header, and the line is unreadable.
 */
export const envoyUpstream: Required<Pick<LogExpressions, 'upstreamTotal' | 'withoutUpstream'>> = {
  upstreamTotal: 'try_cast({upstreamTime} AS double)',
  withoutUpstream: `try_cast({upstreamTime} AS double) IS NULL AND (${isAbsent('upstreamHost')} OR NOT ${isAbsent('flags')})`,
};

/** Begins the route of a backend in another form. No label value has a colon, so that no namespace can name it as its own. */
const other = 'other:';

/** SQL: the end of a CASE for the route of a line whose backend has another form, or that has none. */
export const otherRoute: SqlTemplate = `WHEN ${isAbsent('backend')} THEN '-' ELSE concat('${other}', {backend}) END`;

export const otherRouteOf = (backend: string): string =>
  ['', '-', 'null'].includes(backend) ? '-' : `${other}${backend}`;

/** The host without its port, in lower case, as nginx logs it. */
export const envoyHost: SqlTemplate = "lower(regexp_extract({host}, '^([^:]*)', 1))";
