import type { ErrorCode } from '../errors.ts';
import type { ScaleTarget } from '../metric/scale-target.ts';
import type { CircuitPhase } from '../sls/circuit.ts';
import type { QueryMinute } from './query-minutes.ts';
import type { SeriesState } from './series-record.ts';

/**
 * What `/status.json` answers; docs/status-page.md tells it field by field. Times are Unix time, in the unit that the
 * name says.
 */
export interface StatusDocument extends StatusHead {
  readonly autoscalers: readonly AutoscalerStatus[];
  readonly series: readonly SeriesStatus[];
}

/** All but what grows with the number of series. */
export interface StatusHead {
  /** Of the adapter. */
  readonly version: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** How many series are in each state, how many metrics and reads are refused, how many series there are. */
  readonly counts: Readonly<Record<SeriesState | 'refused' | 'series', number>>;
  readonly projects: readonly ProjectStatus[];
  readonly logstores: readonly LogstoreStatus[];
  /** What was refused before SLS was asked. */
  readonly refused: readonly RefusedStatus[];
  /** The last hour; minutes in which nothing happened are absent. */
  readonly minutes: readonly QueryMinute[];
}

export interface ProjectStatus {
  readonly project: string;
  readonly endpoint: string;
  /** SLS queries that are under way, and that wait for their turn. */
  readonly running: number;
  readonly waiting: number;
  readonly circuit: CircuitPhase;
}

export interface LogstoreStatus {
  readonly project: string;
  readonly logstore: string;
  /** As learned. */
  readonly delaySeconds: number;
  /** Lines come later than the longest delay: readings may be too low. */
  readonly saturated: boolean;
}

export interface FailureStatus {
  readonly code: ErrorCode;
  /** What was wrong, and where. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}

export interface RefusedStatus extends FailureStatus {
  readonly namespace: string;
  /** The HPA that names it; null: it was read by somebody else. */
  readonly autoscaler: string | null;
  readonly metric: string;
  /** As it was read; null where an HPA names it. */
  readonly selector: string | null;
}

export interface SeriesStatus {
  /** Of this process alone. */
  readonly id: number;
  readonly state: SeriesState;
  readonly metric: string;
  readonly unit: string;
  readonly project: string;
  readonly logstore: string;
  /** Null: the whole logstore. */
  readonly route: string | null;
  readonly filters: Readonly<Record<string, string>>;
  /** Null where there was none yet. */
  readonly value: number | null;
  /** The last 30, the oldest first, to four digits. */
  readonly history: readonly number[];
  readonly windowEndSeconds: number | null;
  readonly windowSeconds: number;
  /** How long before it was asked for its window ended. */
  readonly delaySeconds: number | null;
  /** When SLS was asked for the value. */
  readonly plannedAtMs: number | null;
  /** Namespaces that it was read from within the last two minutes. */
  readonly readers: readonly string[];
  /** Of the last query, unless it gave the value. */
  readonly failure: (FailureStatus & { readonly sinceMs: number }) | null;
}

export interface AutoscalerStatus {
  readonly namespace: string;
  readonly name: string;
  /** Those that it names and that are not refused. */
  readonly metrics: readonly AutoscalerMetricStatus[];
}

export interface AutoscalerMetricStatus {
  readonly metric: string;
  /** Ids of the series whose sum it is. */
  readonly series: readonly number[];
  readonly target: ScaleTarget | null;
  /** Null where a series has no value yet. */
  readonly sum: number | null;
  /** Null where there is no sum, or a target of kind `Value`, which scales the replicas that are ready. */
  readonly wantedReplicas: number | null;
}

/** `[id, value, windowEndSeconds, plannedAtMs, delaySeconds]`: another reading, and nothing else. */
export type ReadingChange = readonly [number, number, number, number, number];
