import type { LabelId } from './labels.ts';

/** Aggregates of one row of a result, by the names that the metric gave them. */
export type Aggregates = Readonly<Record<string, number>>;

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
  /** Labels without which it makes no sense. */
  readonly requires?: readonly LabelId[];
}

const requests = { requests: 'count(*)' };
const missing = Number.NaN;

export const measures: readonly Measure[] = [
  {
    suffix: 'qps',
    description: 'Requests per second',
    unit: 'requests/s',
    aggregates: requests,
    value: ({ requests: count = missing }, windowSeconds) => count / windowSeconds,
  },
];
