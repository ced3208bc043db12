import type { AdapterError } from '../../errors.ts';
import type { Window } from '../../metric/sample.ts';
import type { LogQuery } from '../client.ts';
import type { LogResult } from '../read-reply.ts';
import type { TableName } from './tables.ts';

/** One fact about SLS that the truth of readings rests on. */
export interface Assumption {
  /** Stable, in kebab-case. */
  readonly id: string;
  /** One sentence. */
  readonly statement: string;
  /** Where it is known from. */
  readonly source: string;
  /** What a difference would do to readings. */
  readonly consequence: string;
  /** When and where the real SLS was last seen to behave so; undefined: never. */
  readonly confirmed?: string;
  /**
   * `by doctor`: it only reads, whatever the logstore holds; `npm run test:sls` asks it too. `by test:sls`: it needs a
   * logstore with ACK's index and its own lines, or is not worth a query of `doctor`. `never`: SLS has to be in trouble,
   * which only the emulator can be on demand.
   */
  readonly asked: 'by doctor' | 'by test:sls' | 'never';
  readonly ask: ColumnAsk | QueryAsk;
  readonly lines?: readonly SampleLine[];
}

/** One value of a SELECT over constants. Entries with the same table share one query. */
export interface ColumnAsk {
  readonly kind: 'column';
  readonly table: TableName;
  readonly sql: string;
  /** The text that SLS must answer, or the range of the number. */
  readonly value: string | NumberRange;
  /** The type that `meta.columnTypes` must name. Default: any. */
  readonly type?: string;
}

/** Both ends are included. */
export interface NumberRange {
  readonly least: number;
  readonly most: number;
}

/** A query of its own. Entries with equal queries share one. */
export interface QueryAsk {
  readonly kind: 'query';
  /** Without a range, it asks for the last minute, or for the minutes of the lines written. */
  readonly query: (place: AskedPlace) => Partial<LogQuery> & Pick<LogQuery, 'query'>;
  /** The text of `expects`, to read. */
  readonly expected: string;
  readonly expects: (answer: Answer, place: AskedPlace) => boolean;
  /** Signs the query with a secret that is not that of the key. */
  readonly wrongSecret?: true;
}

/** What SLS answered: a complete result, or a refusal. */
export type Answer =
  | { readonly result: LogResult; readonly error?: undefined }
  | { readonly error: AdapterError; readonly result?: undefined };

/** Where and when the ledger is asked. */
export interface AskedPlace {
  readonly logstore: string;
  readonly project: string;
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
