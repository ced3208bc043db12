import type { LineFilters } from '../../../src/metric/series.ts';
import type { Stamp } from '../../../emulator/ingest/collector.ts';
import type { LineStyle } from './line-styles.ts';
import type { Place } from './sls-pair.ts';

/** One series that is asked for, as in the labels of a read. */
export interface Asked {
  readonly metric: string;
  readonly place: Place;
  /** Undefined: the whole logstore. */
  readonly route: string | undefined;
  readonly intervalSeconds: number;
  /** Undefined: the delay of the adapter. */
  readonly delaySeconds: number | undefined;
  /** Whether the window may be shorter. Only for a metric and an interval that allow it. */
  readonly isAdaptive?: boolean;
  /** Default: none. */
  readonly filters?: LineFilters;
}

/** Series that are planned together. */
export interface AskedSet {
  readonly asked: readonly Asked[];
  readonly maxNamedRoutes: number;
}

/** Requests of one kind, whose lines arrive together. */
export interface Traffic {
  readonly place: Place;
  /** Undefined: the line lacks the field. */
  readonly primary: string | undefined;
  readonly alternative: string | undefined;
  /** The second of the first request, relative to the second of the first planning. */
  readonly atSecond: number;
  readonly perSecond: number;
  readonly requests: number;
  /** From the arrival of the lines until they are visible. */
  readonly lagMs: number;
  /** The form of its fields. Default: plain. */
  readonly style?: LineStyle;
  /** What collects its lines. Default: every line has the time of its request, and arrives `lagMs` later. */
  readonly collector?: CollectorForm;
}

/** The collectors of some ingress pods. That of the first pod stalls once. */
interface CollectorForm {
  readonly stamp: Stamp;
  readonly pods: number;
  /** Relative to the second of the first planning. */
  readonly stallsAtSecond: number;
  readonly stallSeconds: number;
}

/** The logs of several logstores, and what is asked. */
export interface World {
  /** The milliseconds of the clock. */
  readonly subsecondMs: number;
  /** From the arrival of the lines to the first planning. */
  readonly arrivedAgoMs: number;
  /** The delay of the adapter. */
  readonly delaySeconds: number;
  /** How much more than the range of a query SLS reads, on either side. Only the SQL is exact then. */
  readonly widerSeconds: number;
  readonly traffic: readonly Traffic[];
  readonly sets: readonly AskedSet[];
  /** From when every line is visible to the second planning. */
  readonly settledMs: number;
}

/** The latest second of a line, relative to the first planning. Logs may be ahead of the clock. */
export const lastSecond = 3;
export const longestWindowSeconds = 3600;
export const longestDelaySeconds = 60;
export const longestLagMs = 40_000;
