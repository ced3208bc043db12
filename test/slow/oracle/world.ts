import type { LineFilters } from '../../../src/metric/line-filters.ts';
import type { LineStyle } from './line-styles.ts';
import type { Place } from './sls-pair.ts';

/** One thing asked for, as the labels of a read say it. */
export interface Asked {
  readonly metric: string;
  readonly place: Place;
  /** Undefined: the whole logstore. */
  readonly route: string | undefined;
  readonly intervalSeconds: number;
  /** Undefined: the adapter's own. */
  readonly delaySeconds: number | undefined;
  /** Default: none. */
  readonly filters?: LineFilters;
}

/** What is planned together. */
export interface AskedSet {
  readonly asked: readonly Asked[];
  readonly maxNamedRoutes: number;
}

/** Requests of one kind, which come in together. */
export interface Traffic {
  readonly place: Place;
  /** Undefined: the line lacks the field. */
  readonly primary: string | undefined;
  readonly alternative: string | undefined;
  /** Of the first request, after the second in which the first planning is. */
  readonly atSecond: number;
  readonly perSecond: number;
  readonly requests: number;
  /** From coming in to being visible. */
  readonly lagMs: number;
  /** How its numbers look. Default: plain. */
  readonly style?: LineStyle;
}

/** A log of several logstores, and what is asked of it. */
export interface World {
  /** Position of the clock in its second. */
  readonly subsecondMs: number;
  /** From the lines' coming in to the first planning. */
  readonly arrivedAgoMs: number;
  /** The adapter's own delay. */
  readonly delaySeconds: number;
  /** By how much SLS reads more than the range of a query, on either side: the SQL alone is exact. */
  readonly widerSeconds: number;
  readonly traffic: readonly Traffic[];
  readonly sets: readonly AskedSet[];
  /** From when every line is visible to the second planning. */
  readonly settledMs: number;
}

/** The latest second of a line, after that of the first planning: logs may be ahead of the clock. */
export const lastSecond = 3;
export const longestWindowSeconds = 3600;
export const longestDelaySeconds = 60;
export const longestLagMs = 40_000;
