import type { AdapterError } from '../errors.ts';
import type { Sample } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';

/**
 * - `waiting`: SLS was not asked yet
 * - `fresh`: served as it is
 * - `stale`: SLS fails or is late; the last good reading is still served
 * - `failing`: there is no reading to serve, so reads fail
 */
export const seriesStates = ['waiting', 'fresh', 'stale', 'failing'] as const;
export type SeriesState = (typeof seriesStates)[number];

/** What of a project's settings decides what is served. */
export interface ServingLimits {
  readonly freshnessMs: number;
  readonly maxStaleMs: number;
}

/** What is known of one series that is read, or that an HPA names. */
export interface SeriesRecord {
  /** Counts up, never used again. */
  readonly id: number;
  readonly key: string;
  readonly series: Series;
  /** In `Histories`. */
  readonly slot: number;
  /** How many readings were put into the slot. */
  readings: number;
  /** The last that was good. */
  sample: Sample | undefined;
  /** When SLS was asked for it, Unix ms. */
  plannedAtMs: number;
  delaySeconds: number;
  /** Of the last query, unless it gave a sample. */
  error: AdapterError | undefined;
  failingSinceMs: number;
  /** When anything was last heard of it, Unix ms. */
  touchedMs: number;
  /** How many metrics of HPAs name it. */
  named: number;
  /** Namespaces that it was read from lately. */
  readers: readonly string[];
  /** As of the last look. */
  state: SeriesState;
  /** Nobody wants it any more: it is out of the book. */
  gone: boolean;
}

export function stateOf(
  { sample, error, plannedAtMs }: SeriesRecord,
  { freshnessMs, maxStaleMs }: ServingLimits,
  nowMs: number,
): SeriesState {
  if (sample === undefined) return error === undefined ? 'waiting' : 'failing';
  const ageMs = nowMs - plannedAtMs;
  // Of before the clock was set back, its age is unknown.
  if (ageMs < 0 || ageMs >= maxStaleMs) return 'failing';
  return error === undefined && ageMs < freshnessMs ? 'fresh' : 'stale';
}
