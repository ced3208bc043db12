import { quotient, rounded, roundedSum } from './decimal.ts';
import type { LabelId } from './labels.ts';

/** The aggregates of one row of a result, by the names that the metric gives them. NaN: SLS returned no number. */
export type Aggregates = Readonly<Record<string, number>>;

/** How many lines must have the number that a metric is computed from, so that the others can be left out. */
export interface ReadableLines {
  /** Shown in the error message. */
  readonly column: string;
  /** Aggregates whose sum is the number of readable lines. */
  readonly counts: readonly string[];
  /** At most one line in so many may be unreadable. */
  readonly oneIn: number;
}

/**
 * Returns why a number cannot be computed from these lines, in words that follow the name of the metric, and how many
 * lines were counted; undefined: it can.
 */
export function unreadableLines(
  aggregates: Aggregates,
  { column, counts, oneIn }: ReadableLines,
): { readonly what: string; readonly counted: string } | undefined {
  const lines = aggregates['requests'] ?? Number.NaN;
  const readable = counts.reduce((sum, alias) => sum + (aggregates[alias] ?? Number.NaN), 0);
  const unreadable = lines - readable;
  if (unreadable * oneIn <= lines) return undefined;
  return {
    what: `more than one in ${oneIn} log lines has no number in ${column} that can be read`,
    counted: `${unreadable} of ${lines} log lines`,
  };
}

/** One measurement of an access log of any kind: each makes one metric for each kind of log. */
export interface Measure {
  /** Follows the prefix of the kind of log in the metric's name. */
  readonly suffix: string;
  /** Begins the description of the metric. The words of the kind of log follow: `of an ALB ingress route`. */
  readonly description: string;
  /** Ends the description, after a colon. */
  readonly detail?: string;
  readonly unit: string;
  /** Aggregate name → SQL over the log's columns. Constants only: it must contain nothing from a request. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** Computes the value from the aggregates of at least one line, over a window of `windowSeconds`. */
  readonly value: (aggregates: Aggregates, windowSeconds: number) => number;
  /** How many lines must be readable. Without it, every line counts. */
  readonly readable?: ReadableLines;
  /** Whether the value is `requests` a second, so that it means the same over a shorter window. */
  readonly isRequestRate?: true;
  /** Labels that a selector must have. */
  readonly requires?: readonly LabelId[];
}

const missing = Number.NaN;
const requests = { requests: 'count(*)' };

/** A stray line of another form must not stop an autoscaler. */
const strayOneIn = 100;

/** The collector's usual regular expression misreads upstream times of retried requests, so more lines are unreadable. */
const misreadOneIn = 10;

/** SQL: a column as a number, whether it is indexed as a number or as text. NULL if it is not a number. */
const numberIn = (column: string) => `try_cast(${column} AS double)`;

/**
 * SQL: the status as text without leading zeros, whether it is indexed as text or as a number: `503`, or `0` for the 000
 * of a request that got no response, such as at a reload of nginx. NULL if it is not a whole number.
 */
export const statusText = 'cast(try_cast(status AS bigint) AS varchar)';

/** A measurement of the number in a column, with a count of the lines that have one. */
const ofNumber = (column: string, alias: string, sql: string) => ({
  aggregates: { ...requests, [`${column}_lines`]: `count(${numberIn(column)})`, [alias]: sql },
  readable: { column, counts: [`${column}_lines`], oneIn: strayOneIn },
});

/** The sum of the numbers in a column, divided by the seconds of the window. */
const sumPerSecond = (column: string) => ({
  ...ofNumber(column, `${column}_sum`, `sum(${numberIn(column)})`),
  value: (
    { [`${column}_sum`]: sum = missing, [`${column}_lines`]: lines = missing }: Aggregates,
    windowSeconds: number,
  ) => quotient(roundedSum(sum, lines), windowSeconds),
});

const flow = (suffix: string, description: string, column: string): Measure => ({
  suffix,
  description,
  unit: 'bytes/s',
  ...sumPerSecond(column),
});

/** A statistic of latencies. */
interface Statistic {
  readonly suffix: string;
  readonly description: string;
  /** Ends the name of its aggregate. Default: the suffix. */
  readonly alias?: string;
  /** SQL over a number. */
  readonly sql: (number: string) => string;
  /** @param summands the most numbers that were added for one line */
  readonly inMs: (seconds: number, lines: number, summands: number) => number;
}

const percentile = (suffix: string, description: string, share: number): Statistic => ({
  suffix,
  description: `${description} percentile`,
  sql: (number) => `approx_percentile(${number}, ${share})`,
  inMs: (seconds) => rounded(seconds * 1000),
});

const statistics: readonly Statistic[] = [
  {
    suffix: 'avg',
    description: 'Average',
    // Not SQL's avg(), because the noise of a sum is removed before it is divided.
    alias: 'sum',
    sql: (number) => `sum(${number})`,
    inMs: (seconds, lines, summands) => quotient(roundedSum(seconds, lines * summands), lines, 1000),
  },
  percentile('p50', '50th', 0.5),
  percentile('p95', '95th', 0.95),
  percentile('p99', '99th', 0.99),
  percentile('p9999', '99.99th', 0.9999),
];

const latencies = statistics.map(({ suffix, description, alias = suffix, sql, inMs }): Measure => {
  const column = `request_time_${alias}`;
  return {
    suffix: `latency_${suffix}`,
    description: `${description} latency`,
    detail: 'from the first byte of a request to the last byte of its response',
    unit: 'ms',
    ...ofNumber('request_time', column, sql(numberIn('request_time'))),
    value: ({ [column]: seconds = missing, request_time_lines: lines = missing }) => inMs(seconds, lines, 1),
  };
});

/**
 * SQL: the times of the upstreams of a request. One time, or a list if several upstreams were asked: `0.1, 0.2`, or
 * `0.1 : 0.2` across an internal redirect, with `-` for an upstream that did not answer. A column that is indexed as a
 * number is printed by Java: `0.1` or `1.0E-4`. Source: nginx, ngx_http_upstream_module.
 */
const upstreamTimes = 'cast(upstream_response_time AS varchar)';

/** Longer lists are not read. ingress-nginx tries 3 upstreams by default. */
const mostUpstreams = 5;

const isListOf = (item: string) =>
  `regexp_like(${upstreamTimes}, '^${item}((, | : )${item}){0,${mostUpstreams - 1}}$')`;

/** Each item of the list. An item beyond its end, or without an answer, adds nothing. */
const upstreamTerms = Array.from(
  { length: mostUpstreams },
  (_, index) =>
    `coalesce(try_cast(split_part(replace(${upstreamTimes}, ' : ', ', '), ', ', ${index + 1}) AS double), 0e0)`,
);

/**
 * SQL: the sum of the times of the upstreams of a request, in seconds. NULL if no upstream answered, or if the text is no
 * such list because the collector misread a retried request.
 */
const upstreamSeconds =
  `CASE WHEN ${isListOf('(-|[0-9]+([.][0-9]+)?(E-?[0-9]+)?)')} AND regexp_like(${upstreamTimes}, '[0-9]') ` +
  `THEN ${upstreamTerms.join(' + ')} END`;

/** SQL: the line says that no upstream answered. */
const withoutUpstream = `${upstreamTimes} = '' OR ${isListOf('-')}`;

/** Without the 99.99th percentile: it depends on so few requests that one misread line would decide it. */
const upstreamStatistics = statistics.slice(0, -1);

const upstreamLatencies = upstreamStatistics.map(
  ({ suffix, description, alias = suffix, sql, inMs }): Measure => {
    const column = `upstream_time_${alias}`;
    return {
      suffix: `upstream_latency_${suffix}`,
      description: `${description} upstream time`,
      detail: 'the sum of all upstreams that a request tried',
      unit: 'ms',
      aggregates: {
        ...requests,
        upstream_time_lines: `count(${upstreamSeconds})`,
        no_upstream_lines: `count_if(${withoutUpstream})`,
        [column]: sql(upstreamSeconds),
      },
      readable: {
        column: 'upstream_response_time',
        counts: ['upstream_time_lines', 'no_upstream_lines'],
        oneIn: misreadOneIn,
      },
      // Requests that reached no upstream mean no work for it, as no requests do.
      value: ({ upstream_time_lines: lines = missing, [column]: seconds = missing }) =>
        lines === 0 ? 0 : inMs(seconds, lines, mostUpstreams),
    };
  },
);

const qps: Measure = {
  suffix: 'qps',
  description: 'Requests per second',
  unit: 'requests/s',
  isRequestRate: true,
  aggregates: requests,
  value: ({ requests: count = missing }, windowSeconds) => count / windowSeconds,
};

export const measures: readonly Measure[] = [
  qps,
  {
    ...qps,
    suffix: 'status_qps',
    detail: 'those with the status in the label `sls.ingress.status`, which is required',
    requires: ['status'],
  },
  {
    suffix: 'requests',
    description: 'Requests in the window',
    unit: 'requests',
    aggregates: requests,
    value: ({ requests: count = missing }) => count,
  },
  {
    suffix: 'error_ratio',
    description: 'Share of failed requests',
    detail: 'those with a status from 500 to 599; from 0 to 1',
    unit: 'ratio',
    aggregates: {
      ...requests,
      status_lines: `count_if(regexp_like(${statusText}, '^([0-9]{3}|0)$'))`,
      errors: `count_if(regexp_like(${statusText}, '^5[0-9][0-9]$'))`,
    },
    readable: { column: 'status', counts: ['status_lines'], oneIn: strayOneIn },
    value: ({ requests: count = missing, errors = missing }) => errors / count,
  },
  {
    suffix: 'concurrency',
    description: 'Average number of requests in flight',
    detail: "by Little's law, from the requests that ended in the window",
    unit: 'requests',
    ...sumPerSecond('request_time'),
  },
  flow('inflow', 'Bytes received per second', 'request_length'),
  flow('outflow', 'Bytes of response bodies sent per second', 'body_bytes_sent'),
  ...latencies,
  ...upstreamLatencies,
];
