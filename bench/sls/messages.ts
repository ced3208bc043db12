import type { AccessKey } from '../../emulator/auth/credentials.ts';

/** Settings of an emulated SLS in its own process. */
export interface SlsSettings {
  readonly project: string;
  /** Absent: queries are not authenticated. */
  readonly accessKey?: AccessKey;
  readonly latencyMs: number;
  readonly sqlConcurrency: number;
  /** The time from a line's time until queries see it, drawn uniformly from this range. */
  readonly ingestLagMs: readonly [min: number, max: number];
  /** How often lines are written. */
  readonly tickMs: number;
  /** How many batches are written each time. Each has its own ingest lag. */
  readonly batches: number;
  readonly logstores: readonly LogstoreTraffic[];
}

export interface LogstoreTraffic {
  readonly logstore: string;
  readonly routes: readonly string[];
  /** For each route, evenly spread. */
  readonly linesPerSecond: number;
  /** Whether the rate of each route may step. Its lines are then reported. */
  readonly stepping?: boolean;
}

/** A message to the SLS process: changes the rate of a route. */
export interface StepCommand {
  readonly route: string;
  /** Unix time. */
  readonly atMs: number;
  readonly perSecond: number;
}

/** A completed query. */
export interface SeenQuery {
  readonly logstore: string;
  readonly kind: 'reading' | 'completeness';
  readonly text: string;
  /** Start of the time range, which is rounded outward to minutes. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Start of the window that the SQL counts. */
  readonly windowStartSeconds: number;
  readonly windowEndSeconds: number;
  /** Unix time of its arrival. */
  readonly arrivedMs: number;
  /** Unix time at which the response was written or the client disconnected. */
  readonly endedMs: number;
  /** Undefined: there was no complete response. */
  readonly statusCode: number | undefined;
}

/** Lines of one stepping route and one second that became visible together. */
export interface SeenLines {
  readonly route: string;
  /** `__time__` */
  readonly second: number;
  readonly count: number;
  /** Unix time. */
  readonly visibleMs: number;
}

/** A message from the SLS process. */
export type SlsReport =
  | { readonly kind: 'query'; readonly query: SeenQuery }
  | { readonly kind: 'lines'; readonly lines: readonly SeenLines[] };
