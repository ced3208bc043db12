import type { AdapterError } from '../errors.ts';
import type { Sample } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import type { BatchRun, OutcomeSink } from '../reading/sample-store.ts';
import type { SeriesState } from './status-document.ts';

/** What the tracker knows about one series that is read, or that an HPA names. */
export interface TrackedSeries {
  /** Counts up and is never reused. */
  readonly id: number;
  readonly series: Series;
  /** The last readings, the oldest first. */
  readonly history: number[];
  /** The last good one. */
  sample: Sample | undefined;
  /** When SLS was queried for the sample, Unix ms. */
  plannedAtMs: number;
  delaySeconds: number;
  /** Of the last query, if it failed. */
  error: AdapterError | undefined;
  failingSinceMs: number;
  /** When the last query of it ended, Unix ms. */
  touchedMs: number;
  /** How many metrics of HPAs name it. */
  hpaMetrics: number;
  /** Namespaces that read it recently. */
  readers: readonly string[];
  /** As of the last `update`. */
  state: SeriesState;
  /** The tracker has dropped it, since nothing reads it any more. */
  dropped: boolean;
}

/** Settings of a project that decide the state of its series. */
export interface SeriesLimits {
  readonly freshnessMs: number;
  readonly maxStaleMs: number;
  readonly refreshSeconds: number;
  readonly deadlineMs: number;
}

export interface SeriesTrackerContext {
  readonly clock: { now(): number };
  readonly limitsOf: (project: string) => SeriesLimits;
  /** Further series are served, but not tracked. */
  readonly maxSeries: number;
}

export interface SeriesChanges {
  /** New, or changed in more than the reading. */
  readonly rows: readonly TrackedSeries[];
  /** Only the reading is new. */
  readonly readings: readonly TrackedSeries[];
  readonly droppedIds: readonly number[];
}

/** As many readings as a sparkline of the page shows. */
export const historyLength = 30;

/** A refresh and its answer may be this much later than planned. */
const graceMs = 5000;

/** Follows the readings and failures of each series that is kept fresh. A read from memory costs it nothing. */
export class SeriesTracker implements OutcomeSink {
  readonly #context: SeriesTrackerContext;
  readonly #byKey = new Map<string, TrackedSeries>();
  readonly #changedRows = new Set<TrackedSeries>();
  readonly #changedReadings = new Set<TrackedSeries>();
  #droppedIds: number[] = [];
  #lastId = 0;
  #recordsChanges = false;

  constructor(context: SeriesTrackerContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#byKey.size;
  }

  all(): IterableIterator<TrackedSeries> {
    return this.#byKey.values();
  }

  /** Returns undefined for a new series if `maxSeries` are tracked. */
  track(series: Series): TrackedSeries | undefined {
    return this.#byKey.get(series.key) ?? this.#add(series);
  }

  put(series: Series, sample: Sample, { plannedAtMs, delaySeconds }: BatchRun): void {
    const tracked = this.track(series);
    if (tracked === undefined) return;
    tracked.history.push(sample.value);
    if (tracked.history.length > historyLength) tracked.history.shift();
    Object.assign(tracked, { sample, plannedAtMs, delaySeconds, touchedMs: this.#context.clock.now() });
    if (tracked.error !== undefined) {
      tracked.error = undefined;
      this.rowChanged(tracked);
    } else if (this.#recordsChanges) this.#changedReadings.add(tracked);
  }

  fail(series: Series, error: AdapterError, plannedAtMs: number): void {
    const tracked = error.code === 'Canceled' ? undefined : this.track(series);
    if (tracked === undefined) return;
    if (tracked.error === undefined) tracked.failingSinceMs = plannedAtMs;
    tracked.touchedMs = this.#context.clock.now();
    if (tracked.error?.message !== error.message) this.rowChanged(tracked);
    tracked.error = error;
  }

  rowChanged(tracked: TrackedSeries): void {
    if (this.#recordsChanges) this.#changedRows.add(tracked);
  }

  /** Starts or stops recording changes for `takeChanges`. */
  recordChanges(enabled: boolean): void {
    this.#recordsChanges = enabled;
    this.takeChanges();
  }

  /** Returns the changes since the last call. */
  takeChanges(): SeriesChanges {
    const rows = [...this.#changedRows].filter(({ dropped }) => !dropped);
    const readings = [...this.#changedReadings].filter(
      (tracked) => !tracked.dropped && !this.#changedRows.has(tracked),
    );
    const droppedIds = this.#droppedIds;
    this.#changedRows.clear();
    this.#changedReadings.clear();
    this.#droppedIds = [];
    return { rows, readings, droppedIds };
  }

  /** Updates all states, drops the series that are not refreshed any more, and returns how many are in each state. */
  update(): Record<SeriesState, number> {
    const nowMs = this.#context.clock.now();
    const counts: Record<SeriesState, number> = { waiting: 0, fresh: 0, stale: 0, failing: 0 };
    for (const tracked of this.#byKey.values()) {
      const limits = this.#context.limitsOf(tracked.series.project);
      const silentMs = limits.refreshSeconds * 1000 + limits.deadlineMs + graceMs;
      if (tracked.hpaMetrics === 0 && nowMs - tracked.touchedMs > silentMs) {
        this.#drop(tracked);
        continue;
      }
      const state = stateOf(tracked, limits, nowMs);
      counts[state] += 1;
      if (state === tracked.state) continue;
      tracked.state = state;
      this.rowChanged(tracked);
    }
    return counts;
  }

  #add(series: Series): TrackedSeries | undefined {
    if (this.#byKey.size >= this.#context.maxSeries) return undefined;
    this.#lastId += 1;
    const tracked: TrackedSeries = {
      id: this.#lastId,
      series,
      history: [],
      sample: undefined,
      plannedAtMs: 0,
      delaySeconds: 0,
      error: undefined,
      failingSinceMs: 0,
      touchedMs: this.#context.clock.now(),
      hpaMetrics: 0,
      readers: [],
      state: 'waiting',
      dropped: false,
    };
    this.#byKey.set(series.key, tracked);
    this.rowChanged(tracked);
    return tracked;
  }

  #drop(tracked: TrackedSeries): void {
    tracked.dropped = true;
    this.#byKey.delete(tracked.series.key);
    if (this.#recordsChanges) this.#droppedIds.push(tracked.id);
  }
}

function stateOf(
  { sample, error, plannedAtMs }: TrackedSeries,
  { freshnessMs, maxStaleMs }: SeriesLimits,
  nowMs: number,
): SeriesState {
  if (sample === undefined) return error === undefined ? 'waiting' : 'failing';
  const ageMs = nowMs - plannedAtMs;
  // A reading from the future was planned before the clock was set back, so its age is unknown.
  if (ageMs < 0 || ageMs >= maxStaleMs) return 'failing';
  return error === undefined && ageMs < freshnessMs ? 'fresh' : 'stale';
}
