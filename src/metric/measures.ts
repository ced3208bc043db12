import type { LabelId } from './labels.ts';
import { upstreamSeconds, withoutUpstream } from './upstream-time.ts';

/** Aggregates of one row of a result, by the names that the metric gave them. NaN: SLS had no number to give. */
export type Aggregates = Readonly<Record<string, number>>;

/** How many lines must say what a metric is computed from, so that the others can be left out. */
export interface ReadableLines {
  /** For the message of the error. */
  readonly column: string;
  /** Aggregates that together count the lines that say it. */
  readonly counts: readonly string[];
  /** No more than one line in so many may not. */
  readonly oneIn: number;
}

/** What can be measured of an access log, of any kind. */
export interface Measure {
  /** What comes after the prefix of the kind of log in the metric's name. */
  readonly suffix: string;
  /** Ends in what it is measured of. */
  readonly description: string;
  readonly unit: string;
  /** Aggregate name → SQL over the log's columns. Constants only: nothing of a request may stand here. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** The value from the aggregates of lines that there are, over a window of `windowSeconds`. */
  readonly value: (aggregates: Aggregates, windowSeconds: number) => number;
  /** How many of the lines must say what it is computed from. Without it, each line counts by being there. */
  readonly readable?: ReadableLines;
  /** Labels without which it makes no sense. */
  readonly requires?: readonly LabelId[];
}

const missing = Number.NaN;
const requests = { requests: 'count(*)' };

/** One line in so many may lack its number: a stray line of another form must not stop an autoscaler. */
const strayOneIn = 100;

/** The same of upstream times, which the usual regex of the collector misreads where a request was retried. */
const misreadOneIn = 10;

/** A column as a number, whether its index has it as one or as text. NULL where it is none. */
const numberIn = (column: string) => `try_cast(${column} AS double)`;

/** What is computed from the number in a column: how many lines have it, besides. */
const ofNumber = (column: string, alias: string, sql: string) => ({
  aggregates: { ...requests, [`${column}_lines`]: `count(${numberIn(column)})`, [alias]: sql },
  readable: { column, counts: [`${column}_lines`], oneIn: strayOneIn },
});

const sumOf = (column: string) => ofNumber(column, `${column}_sum`, `sum(${numberIn(column)})`);

/** Bytes of all lines by the seconds of the window. */
const flow = (suffix: string, description: string, column: string): Measure => ({
  suffix,
  description,
  unit: 'bytes/s',
  ...sumOf(column),
  value: ({ [`${column}_sum`]: bytes = missing }, windowSeconds) => bytes / windowSeconds,
});

/** Of what there is an average and percentiles of: suffix, words, and the SQL of it over a number. */
const statistics: readonly (readonly [string, string, (number: string) => string])[] = [
  ['avg', 'Average', (number) => `avg(${number})`],
  ['p50', '50th percentile', (number) => `approx_percentile(${number}, 0.5)`],
  ['p95', '95th percentile', (number) => `approx_percentile(${number}, 0.95)`],
  ['p99', '99th percentile', (number) => `approx_percentile(${number}, 0.99)`],
  ['p9999', '99.99th percentile', (number) => `approx_percentile(${number}, 0.9999)`],
];

const latencies = statistics.map(([suffix, what, sql]): Measure => {
  const alias = `request_time_${suffix}`;
  return {
    suffix: `latency_${suffix}`,
    description: `${what} of the time from the first byte of a request to the last of its answer,`,
    unit: 'ms',
    ...ofNumber('request_time', alias, sql(numberIn('request_time'))),
    value: ({ [alias]: seconds = missing }) => seconds * 1000,
  };
});

/** Without the 99.99th percentile: so few requests decide it that one misread line would. */
const upstreamLatencies = statistics.slice(0, -1).map(([suffix, what, sql]): Measure => {
  const alias = `upstream_time_${suffix}`;
  return {
    suffix: `upstream_latency_${suffix}`,
    description: `${what} of the time that upstreams took, those of a retry added up,`,
    unit: 'ms',
    aggregates: {
      ...requests,
      upstream_time_lines: `count(${upstreamSeconds})`,
      no_upstream_lines: `count_if(${withoutUpstream})`,
      [alias]: sql(upstreamSeconds),
    },
    readable: {
      column: 'upstream_response_time',
      counts: ['upstream_time_lines', 'no_upstream_lines'],
      oneIn: misreadOneIn,
    },
    // Requests that never got to an upstream leave it as idle as no requests do.
    value: ({ upstream_time_lines: lines, [alias]: seconds = missing }) => (lines === 0 ? 0 : seconds * 1000),
  };
});

export const measures: readonly Measure[] = [
  {
    suffix: 'qps',
    description: 'Requests per second',
    unit: 'requests/s',
    aggregates: requests,
    value: ({ requests: count = missing }, windowSeconds) => count / windowSeconds,
  },
  {
    suffix: 'status_qps',
    description: 'Requests per second with the status of `sls.ingress.status`, which it needs,',
    unit: 'requests/s',
    aggregates: requests,
    value: ({ requests: count = missing }, windowSeconds) => count / windowSeconds,
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
    description: 'Share of requests with a status from 500 to 599, 0 to 1,',
    unit: 'ratio',
    aggregates: {
      ...requests,
      status_lines: "count_if(regexp_like(cast(status AS varchar), '^[0-9]{3}$'))",
      errors: "count_if(regexp_like(cast(status AS varchar), '^5[0-9][0-9]$'))",
    },
    readable: { column: 'status', counts: ['status_lines'], oneIn: strayOneIn },
    value: ({ requests: count = missing, errors = missing }) => errors / count,
  },
  {
    suffix: 'concurrency',
    description: "Requests in flight on average, by Little's law from those that ended in the window,",
    unit: 'requests',
    ...sumOf('request_time'),
    value: ({ request_time_sum: seconds = missing }, windowSeconds) => seconds / windowSeconds,
  },
  flow('inflow', 'Bytes received per second', 'request_length'),
  flow('outflow', 'Bytes of bodies sent per second', 'body_bytes_sent'),
  ...latencies,
  ...upstreamLatencies,
];
