import type { AdapterError } from '../../errors.ts';
import type { Window } from '../../metric/sample.ts';
import type { LogQuery } from '../client.ts';
import type { LogResult } from '../read-reply.ts';
import type { TableName } from './tables.ts';

/** One fact about SLS that the truth of readings rests on. */
export interface Assumption extends Fact, Expectation {
  /** Stable, in kebab-case. */
  readonly id: string;
  /** Where it is known from. */
  readonly source: string;
  /**
   * `by doctor`: it only reads, whatever the logstore holds; `npm run test:sls` asks it too. `by test:sls`: it needs a
   * logstore with ACK's index and its own lines, or is not worth a query of `doctor`. `never`: SLS has to be in trouble,
   * which only the emulator can be on demand.
   */
  readonly asked: 'by doctor' | 'by test:sls' | 'never';
  readonly query: AskedQuery;
  /** Set if the query selects one value over constants. Those of one table share a query. */
  readonly column?: { readonly table: TableName; readonly sql: string; readonly type?: string | undefined };
  /** Signs the query with a secret that is not that of the key. */
  readonly wrongSecret?: true;
  readonly lines?: readonly SampleLine[];
}

export interface Fact {
  /** One sentence. */
  readonly statement: string;
  /** What a difference would do to readings. */
  readonly consequence: string;
  /** When and where the real SLS was last seen to behave so; undefined: never. */
  readonly confirmed?: string;
}

export interface Expectation {
  /** What is expected, to read. */
  readonly expected: string;
  readonly holds: (answer: Answer, place: AskedPlace) => boolean;
}

/** Equal queries are sent once. Without a range, they ask for the last minute. */
export type AskedQuery = (place: AskedPlace) => Partial<LogQuery> & Pick<LogQuery, 'query'>;

/** What SLS answered: a complete result, or a refusal. */
export type Answer =
  | { readonly result: LogResult; readonly error?: undefined }
  | { readonly error: AdapterError; readonly result?: undefined };

/** When the ledger is asked. */
export interface AskedPlace {
  /** Unix seconds. */
  readonly nowSeconds: number;
  /** Unix seconds, a whole minute: sample lines are stamped from here on. */
  readonly linesFromSeconds: number;
}

/** A line that an entry needs. `req_id`, which names the entry, is added to its fields. */
export interface SampleLine {
  /** Added to `linesFromSeconds`; 0 to 119. Default 0. */
  readonly second?: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** The range of a query over any logstore. SLS gives complete results for whole minutes. */
export function lastMinute(nowSeconds: number): Window {
  const endSeconds = Math.floor(nowSeconds / 60) * 60;
  return { startSeconds: endSeconds - 60, endSeconds };
}
