import type { AccessKey } from '../../emulator/auth/credentials.ts';

/** What a local SLS in a process of its own is to be. */
export interface SlsSettings {
  readonly project: string;
  /** Absent: anyone may ask. */
  readonly accessKey?: AccessKey;
  readonly latencyMs: number;
  readonly sqlConcurrency: number;
  /** From a line's time to when queries see it, drawn evenly from between. */
  readonly ingestLagMs: readonly [least: number, most: number];
  /** Lines are put this often, … */
  readonly tickMs: number;
  /** … each time in so many lots, which have an ingest lag each. */
  readonly lots: number;
  readonly logstores: readonly LogstoreTraffic[];
}

export interface LogstoreTraffic {
  readonly logstore: string;
  readonly routes: readonly string[];
  /** Of each route, evenly. */
  readonly linesPerSecond: number;
  /** The rate of each route may step, and its lines are reported. */
  readonly stepping?: boolean;
}

/** To the SLS. */
export interface StepOrder {
  readonly route: string;
  /** Unix time. */
  readonly atMs: number;
  readonly perSecond: number;
}

/** A query that is over. */
export interface SeenQuery {
  readonly logstore: string;
  readonly kind: 'reading' | 'completeness';
  readonly text: string;
  /** Its range. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Unix time at which it arrived, and at which the answer had been written or nobody wanted it any more. */
  readonly arrivedMs: number;
  readonly endedMs: number;
  /** Of the answer; undefined: there was none. */
  readonly statusCode: number | undefined;
}

/** Lines of a stepping route that became visible together. */
export interface SeenLines {
  readonly route: string;
  /** `__time__` */
  readonly second: number;
  readonly count: number;
  /** Unix time. */
  readonly visibleMs: number;
}

/** From the SLS. */
export type SlsReport =
  | { readonly kind: 'query'; readonly query: SeenQuery }
  | { readonly kind: 'lines'; readonly lines: readonly SeenLines[] };
