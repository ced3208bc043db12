import type { ErrorCode } from '../errors.ts';
import type { ScaleTarget } from '../metric/external-metric-ref.ts';
import type { CircuitPhase } from '../sls/circuit.ts';
import type { QueryMinute } from './query-minutes.ts';

/**
 * - `waiting`: SLS was not queried yet
 * - `fresh`: the last reading is served
 * - `stale`: SLS fails or is late; the last good reading is still served
 * - `failing`: there is no reading to serve, so reads fail
 */
export const seriesStates = ['waiting', 'fresh', 'stale', 'failing'] as const;
export type SeriesState = (typeof seriesStates)[number];

/**
 * The answer of `/status.json`. docs/status-page.md describes each field. Times are Unix times, in the unit that the
 * name ends with.
 */
export interface StatusDocument extends StatusHead {
  readonly autoscalers: readonly AutoscalerStatus[];
  readonly series: readonly SeriesStatus[];
}

/** The part whose size does not grow with the number of series. */
export interface StatusHead {
  /** Of the adapter. */
  readonly version: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** How many series are in each state, how many metrics and reads are refused, and how many series there are. */
  readonly counts: Readonly<Record<SeriesState | 'refused' | 'series', number>>;
  readonly projects: readonly ProjectStatus[];
  readonly logstores: readonly LogstoreStatus[];
  /** Metrics and reads that are refused before SLS is queried. */
  readonly refused: readonly RefusedStatus[];
  /** Of the last hour, without minutes in which nothing happened. */
  readonly minutes: readonly QueryMinute[];
}

export interface ProjectStatus {
  readonly project: string;
  readonly endpoint: string;
  /** SLS queries in flight. */
  readonly running: number;
  /** SLS queries that wait for their turn. */
  readonly waiting: number;
  readonly circuit: CircuitPhase;
}

export interface LogstoreStatus {
  readonly project: string;
  readonly logstore: string;
  /** The learned delay; null if it is configured, or not learned yet. */
  readonly delaySeconds: number | null;
  /** Lines arrive later than the longest delay that may be learned, so readings may be too low. */
  readonly saturated: boolean;
  /** When the newest line that queries have seen was logged; null: there was none. */
  readonly newestLineSeconds: number | null;
  /** When the last line was logged before the whole logstore stopped at once; null: it did not. */
  readonly silentSinceSeconds: number | null;
}

export interface FailureStatus {
  readonly code: ErrorCode;
  /** What was wrong, and where. */
  readonly what: string;
  /** How to correct it. */
  readonly remedy: string;
}

export interface RefusedStatus extends FailureStatus {
  readonly namespace: string;
  /** The HPA that names it; null for a read of another client. */
  readonly autoscaler: string | null;
  readonly metric: string;
  /** Of the read; null if an HPA names it. */
  readonly selector: string | null;
}

export interface SeriesStatus {
  /** Valid in this process only. */
  readonly id: number;
  readonly state: SeriesState;
  readonly metric: string;
  readonly unit: string;
  readonly project: string;
  readonly logstore: string;
  /** Null for the whole logstore. */
  readonly route: string | null;
  readonly filters: Readonly<Record<string, string>>;
  /** Null before the first reading. */
  readonly value: number | null;
  /** The last 30 values, the oldest first, rounded to four digits. */
  readonly history: readonly number[];
  readonly windowEndSeconds: number | null;
  readonly windowSeconds: number;
  /** How long before the query its window ended. */
  readonly delaySeconds: number | null;
  /** When SLS was queried for the value. */
  readonly plannedAtMs: number | null;
  /** Namespaces that read it within the last two minutes. */
  readonly readers: readonly string[];
  /** Of the last query; null if it succeeded. */
  readonly failure: (FailureStatus & { readonly sinceMs: number }) | null;
}

export interface AutoscalerStatus {
  readonly namespace: string;
  readonly name: string;
  /** The external metrics that it names, without refused ones. */
  readonly metrics: readonly AutoscalerMetricStatus[];
}

export interface AutoscalerMetricStatus {
  readonly metric: string;
  /** Ids of the series that add up to the metric. */
  readonly series: readonly number[];
  readonly target: ScaleTarget | null;
  /** Null until every series has a value. */
  readonly sum: number | null;
  /** Null without a sum, and for a target of kind `Value`, which scales the replicas that are ready. */
  readonly wantedReplicas: number | null;
}

/** `[id, value, windowEndSeconds, plannedAtMs, delaySeconds, windowSeconds]`: only the reading is new. */
export type ReadingChange = readonly [number, number, number, number, number, number];

/** A forecast: numbers are undefined while it has too little history. */
export interface ForecastStatus {
  readonly metric: string;
  readonly unit: string;
  readonly project: string;
  readonly logstore: string;
  /** Null for the whole logstore. */
  readonly route: string | null;
  readonly aheadSeconds?: number;
  readonly quantile?: number;
  readonly perSecond: number | undefined;
  /** The share of minutes of the last day that had at most what was forecast. */
  readonly coverage: number | undefined;
  readonly pinballLoss: number | undefined;
  readonly lastMinutePinballLoss: number | undefined;
  /** By the name of the expert. */
  readonly weights: Readonly<Record<string, number>> | undefined;
  /** Of the last day, the oldest first; null where no minute is known. */
  readonly mostOfEachHour: readonly { readonly came: number | null; readonly forecast: number | null }[];
}
