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
  /** Aggregate name → SQL. What begins with `count` is refused unless it is a whole number: `columnsOf` in `sls/decode.ts`. */
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

/** A number that a line has, in the unit of the log, and how many lines must have it. */
interface LineNumber {
  readonly column: ColumnId;
  readonly sql: SqlTemplate;
  /** Begins the names of its aggregates. */
  readonly alias: string;
  /** Aggregates that count the lines which can be read: `{alias}_lines` those with the number. */
  readonly counts: Readonly<Record<string, SqlTemplate>>;
  readonly oneIn: number;
  /** The most numbers that were added for one line. */
  readonly summands: number;
}

const inColumn = (column: ColumnId, alias: string): LineNumber => ({
  ...{ column, alias, sql: numberIn(column), oneIn: strayOneIn, summands: 1 },
  counts: { [`${alias}_lines`]: `count(${numberIn(column)})` },
});

const requestTime = inColumn('requestTime', 'request_time');
const upstreamTime: LineNumber = {
  ...{ column: 'upstreamTime', alias: 'upstream_time', sql: '{upstreamTotal}' },
  counts: {
    upstream_time_lines: 'count({upstreamTotal})',
    no_upstream_lines: 'count_if({withoutUpstream})',
  },
  ...{ oneIn: misreadOneIn, summands: mostUpstreams },
};

const ofNumber = ({ column, counts, oneIn }: LineNumber, alias: string, sql: SqlTemplate) => ({
  aggregates: { ...requests, ...counts, [alias]: sql },
  readable: { column, counts: Object.keys(counts), oneIn },
});

const sumPerSecond = (number: LineNumber): Pick<Measure, 'aggregates' | 'readable' | 'value'> => ({
  ...ofNumber(number, `${number.alias}_sum`, `sum(${number.sql})`),
  value: (aggregates, windowSeconds, perSecond) => {
    const { [`${number.alias}_sum`]: sum = missing, [`${number.alias}_lines`]: lines = missing } = aggregates;
    return quotient(roundedSum(sum, lines), windowSeconds * (number === requestTime ? perSecond : 1));
  },
});

const flow = (suffix: string, description: string, number: LineNumber): Measure => ({
  ...{ suffix, description, unit: 'bytes/s', ...sumPerSecond(number) },
});

interface Statistic {
  readonly suffix: string;
  readonly description: string;
  /** Ends the name of its aggregate. Default: the suffix. */
  readonly alias?: string;
  /** SQL over a number. */
  readonly sql: (number: SqlTemplate) => SqlTemplate;
  /** @param factor how many milliseconds are one unit of the log's times */
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

/** The statistics of a time: their names begin with `name`, their descriptions end with `words`. */
const latencies = (time: LineNumber, name: string, words: string, detail: string): Measure[] =>
  statistics.map(({ suffix, description, alias = suffix, sql, inMs }) => ({
    suffix: `${name}_${suffix}`,
    description: `${description} ${words}`,
    ...{ detail, unit: 'ms' },
    ...ofNumber(time, `${time.alias}_${alias}`, sql(time.sql)),
    value: (aggregates, _, perSecond) => {
      const { [`${time.alias}_${alias}`]: value = missing, [`${time.alias}_lines`]: lines = missing } =
        aggregates;
      // Requests that reached no upstream mean no work for it, as no requests do.
      if (time === upstreamTime && lines === 0) return 0;
      return inMs(value, lines, 1000 / perSecond, time.summands);
    },
  }));

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
    ...sumPerSecond(requestTime),
  },
  flow('inflow', 'Bytes received per second', inColumn('requestBytes', 'request_length')),
  flow('outflow', 'Bytes of response bodies sent per second', inColumn('responseBytes', 'body_bytes_sent')),
  ...latencies(
    requestTime,
    'latency',
    'latency',
    'from the first byte of a request to the last byte of its response',
  ),
  // Without the 99.99th percentile: it depends on so few requests that one misread line would decide it.
  ...latencies(
    upstreamTime,
    'upstream_latency',
    'upstream time',
    'the sum of all upstreams that a request tried',
  ).slice(0, -1),
];
