import { quotient, rounded, roundedSum } from './decimal.ts';
import type { LabelId } from './labels.ts';
import type { ColumnId, SqlTemplate } from './log-kind.ts';
import { mostUpstreams } from './log-kinds/upstream-lists.ts';

/** The aggregates of one row of a result, by the names that the metric gives them. NaN: SLS returned no number. */
export type Aggregates = Readonly<Record<string, number>>;

/** How many lines must have the number that a metric is computed from, so that the others can be left out. */
export interface ReadableLines<Column = string> {
  /** Shown in the error message. */
  readonly column: Column;
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

/** One measurement of an access log: each makes one metric for each kind of log that has its columns. */
export interface Measure {
  /** Follows the prefix of the kind of log in the metric's name. */
  readonly suffix: string;
  /** Begins the description of the metric. The words of the kind of log follow: `of an ALB ingress route`. */
  readonly description: string;
  /** Ends the description, after a colon. */
  readonly detail?: string;
  readonly unit: string;
  /** Aggregate name → SQL. */
  readonly aggregates: Readonly<Record<string, SqlTemplate>>;
  /**
   * Computes the value from the aggregates of at least one line, over a window of `windowSeconds`.
   *
   * @param perSecond how many units of the log's times are one second
   */
  readonly value: (aggregates: Aggregates, windowSeconds: number, perSecond: number) => number;
  /** How many lines must be readable. Without it, every line counts. */
  readonly readable?: ReadableLines<ColumnId>;
  /** Whether the value is `requests` a second, so that it means the same over a shorter window. */
  readonly isRequestRate?: true;
  /** Whether it is forecast: the values of windows must add up, so that the value is that of its seconds divided by them. */
  readonly hasForecast?: true;
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
const numberIn = (column: ColumnId): SqlTemplate => `try_cast({${column}} AS double)`;

/**
 * SQL: the status as text without leading zeros, whether it is indexed as text or as a number: `503`, or `0` for the 000
 * of a request that got no response, such as at a reload of nginx. NULL if it is not a whole number.
 */
export const statusText: SqlTemplate = 'cast(try_cast({status} AS bigint) AS varchar)';

/** Begin the names of the aggregates of a column. */
const aliases = {
  requestTime: 'request_time',
  requestBytes: 'request_length',
  responseBytes: 'body_bytes_sent',
} as const;
type NumberColumn = keyof typeof aliases;

/** A measurement of the number in a column, with a count of the lines that have one. */
const ofNumber = (column: NumberColumn, alias: string, sql: SqlTemplate) => ({
  aggregates: { ...requests, [`${aliases[column]}_lines`]: `count(${numberIn(column)})`, [alias]: sql },
  readable: { column, counts: [`${aliases[column]}_lines`], oneIn: strayOneIn },
});

/** The sum of the numbers in a column, divided by the seconds of the window. */
const sumPerSecond = (column: NumberColumn) => {
  const [sumAlias, linesAlias] = [`${aliases[column]}_sum`, `${aliases[column]}_lines`];
  return {
    ...ofNumber(column, sumAlias, `sum(${numberIn(column)})`),
    value: (
      { [sumAlias]: sum = missing, [linesAlias]: lines = missing }: Aggregates,
      windowSeconds: number,
      perSecond: number,
    ) => quotient(roundedSum(sum, lines), windowSeconds * (column === 'requestTime' ? perSecond : 1)),
  };
};

const flow = (suffix: string, description: string, column: NumberColumn): Measure => ({
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
  readonly sql: (number: SqlTemplate) => SqlTemplate;
  /**
   * @param factor how many milliseconds are one unit of the log's times
   * @param summands the most numbers that were added for one line
   */
  readonly inMs: (time: number, lines: number, factor: number, summands: number) => number;
}

const percentile = (suffix: string, description: string, share: number): Statistic => ({
  suffix,
  description: `${description} percentile`,
  sql: (number) => `approx_percentile(${number}, ${share})`,
  inMs: (time, _, factor) => rounded(time * factor),
});

const statistics: readonly Statistic[] = [
  {
    suffix: 'avg',
    description: 'Average',
    // Not SQL's avg(), because the noise of a sum is removed before it is divided.
    alias: 'sum',
    sql: (number) => `sum(${number})`,
    inMs: (time, lines, factor, summands) => quotient(roundedSum(time, lines * summands), lines, factor),
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
    ...ofNumber('requestTime', column, sql(numberIn('requestTime'))),
    value: ({ [column]: time = missing, request_time_lines: lines = missing }, _, perSecond) =>
      inMs(time, lines, 1000 / perSecond, 1),
  };
});

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
        upstream_time_lines: 'count({upstreamTotal})',
        no_upstream_lines: 'count_if({withoutUpstream})',
        [column]: sql('{upstreamTotal}'),
      },
      readable: {
        column: 'upstreamTime',
        counts: ['upstream_time_lines', 'no_upstream_lines'],
        oneIn: misreadOneIn,
      },
      // Requests that reached no upstream mean no work for it, as no requests do.
      value: ({ upstream_time_lines: lines = missing, [column]: time = missing }, _, perSecond) =>
        lines === 0 ? 0 : inMs(time, lines, 1000 / perSecond, mostUpstreams),
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
  { ...qps, hasForecast: true },
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
    hasForecast: true,
    ...sumPerSecond('requestTime'),
  },
  flow('inflow', 'Bytes received per second', 'requestBytes'),
  flow('outflow', 'Bytes of response bodies sent per second', 'responseBytes'),
  ...latencies,
  ...upstreamLatencies,
];
