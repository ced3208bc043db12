import type { AdapterError } from '../errors.ts';
import type { Sample } from '../metric/sample.ts';
import { bytesOf, type Series } from '../metric/series.ts';
import type { BatchRun, OutcomeSink } from '../reading/sample-store.ts';
import type { SeriesState } from './status-document.ts';

/** What the tracker knows about one series that is read, or that an HPA names. */
export interface TrackedSeries {
  /** Counts up and is never reused. */
  readonly id: number;
  readonly series: Series;
  /**
   * The last readings, the oldest first.
   *
   * @bound a few | - | one series | a constant
   */
  readonly history: number[];
  /** The last good one. */
  sample: Sample | undefined;
  /** When SLS was queried for the sample, monotonic ms. */
  plannedAtMs: number;
  delaySeconds: number;
  /** Of the last query, if it failed. */
  error: AdapterError | undefined;
  /** Unix ms. */
  failingSinceMs: number;
  /** When the last query of it ended, monotonic ms. */
  touchedMs: number;
  /**
   * Namespaces that read it recently, with the monotonic ms of their last read.
   *
   * @bound {maxReaders} namespaces, further ones are not shown | - | one series | a constant
   */
  readonly readers: Map<string, number>;
  /** As of the last `update`. */
  state: SeriesState;
}

/** Settings of a project that decide the state of its series. */
interface SeriesLimits {
  readonly freshnessMs: number;
  readonly maxStaleMs: number;
  readonly deadlineMs: number;
}

export interface SeriesTrackerContext {
  /** Wall time: shown. */
  readonly clock: { now(): number };
  /** For ages. */
  readonly monotonicMs: () => number;
  readonly limitsOf: (project: string) => SeriesLimits;
  /** Further series are served, but not tracked. */
  readonly maxSeries: number;
}

interface SeriesChanges {
  /**
   * New, or changed in more than the reading.
   *
   * @bound as the series | - | - | as the series
   */
  readonly rows: Set<TrackedSeries>;
  /**
   * The reading is new.
   *
   * @bound as the series | - | - | as the series
   */
  readonly readings: Set<TrackedSeries>;
  /** @bound as the series | - | - | as the series */
  readonly droppedIds: number[];
}

const noChanges = (): SeriesChanges => ({ rows: new Set(), readings: new Set(), droppedIds: [] });

const maxReaders = 100;

/** As many readings as a sparkline of the page shows. */
export const historyLength = 30;

/** 20,000 usual ones take 20 MB. */
const mostBytes = 32 * 1024 * 1024;

/** A refresh and its answer may be this much later than planned. */
const graceMs = 5000;
/** Readings are refreshed for reads, and the HPA controller reads every 15 s. */
const betweenReadsMs = 15_000;

/** How long a read counts after it was last made. As in `WantedSeries`: an HPA reads every 15 s. */
const readCountsMs = 120_000;

export const isRecent = (lastReadMs: number, nowMs: number) => nowMs - lastReadMs < readCountsMs;

/** Follows the readings and failures of each series that is kept fresh. A read from memory costs it nothing. */
export class SeriesTracker implements OutcomeSink {
  readonly #context: SeriesTrackerContext;
  /** @bound the smaller of 20,000 and `reading.maxSeries` | {mostBytes} | further ones are not shown | `reading.maxSeries` */
  readonly #byKey = new Map<string, TrackedSeries>();
  #lastId = 0;
  #bytes = 0;
  /** Undefined while no changes are recorded. */
  #changes: SeriesChanges | undefined;

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
    Object.assign(tracked, { sample, plannedAtMs, delaySeconds, touchedMs: this.#context.monotonicMs() });
    if (tracked.error !== undefined) {
      tracked.error = undefined;
      this.#changes?.rows.add(tracked);
    } else this.#changes?.readings.add(tracked);
  }

  fail(series: Series, error: AdapterError): void {
    const tracked = error.code === 'Canceled' ? undefined : this.track(series);
    if (tracked === undefined) return;
    if (tracked.error === undefined) tracked.failingSinceMs = this.#context.clock.now();
    tracked.touchedMs = this.#context.monotonicMs();
    if (tracked.error?.message !== error.message) this.#changes?.rows.add(tracked);
    tracked.error = error;
  }

  /** A client of the namespace read the series. */
  read(series: Series, namespace: string, nowMs: number): void {
    const tracked = this.track(series);
    if (tracked === undefined) return;
    if (!tracked.readers.has(namespace)) {
      if (tracked.readers.size >= maxReaders) return;
      this.#changes?.rows.add(tracked);
    }
    tracked.readers.set(namespace, nowMs);
  }

  /** Starts or stops recording changes for `takeChanges`. */
  recordChanges(enabled: boolean): void {
    this.#changes = enabled ? noChanges() : undefined;
  }

  /** Returns the changes since the last call. */
  takeChanges(): SeriesChanges {
    const changes = this.#changes ?? noChanges();
    if (this.#changes !== undefined) this.#changes = noChanges();
    // A row has the reading too.
    for (const tracked of changes.rows) changes.readings.delete(tracked);
    return changes;
  }

  /**
   * Updates all states, and drops the series that are not refreshed any more.
   *
   * @param named the series that HPAs name; they are kept
   * @returns how many series are in each state
   */
  update(named: ReadonlySet<TrackedSeries>): Record<SeriesState, number> {
    const nowMs = this.#context.monotonicMs();
    const counts: Record<SeriesState, number> = { waiting: 0, fresh: 0, stale: 0, failing: 0 };
    for (const tracked of this.#byKey.values()) {
      const limits = this.#context.limitsOf(tracked.series.project);
      const silentMs = 2 * betweenReadsMs + limits.deadlineMs + graceMs;
      if (!named.has(tracked) && nowMs - tracked.touchedMs > silentMs) {
        this.#drop(tracked);
        continue;
      }
      const readers = tracked.readers.size;
      for (const [namespace, lastReadMs] of tracked.readers)
        if (!isRecent(lastReadMs, nowMs)) tracked.readers.delete(namespace);
      const state = stateOf(tracked, limits, nowMs);
      counts[state] += 1;
      if (state === tracked.state && readers === tracked.readers.size) continue;
      tracked.state = state;
      this.#changes?.rows.add(tracked);
    }
    return counts;
  }

  #add(series: Series): TrackedSeries | undefined {
    if (this.#byKey.size >= this.#context.maxSeries || this.#bytes > mostBytes) return undefined;
    this.#bytes += bytesOf(series);
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
      touchedMs: this.#context.monotonicMs(),
      readers: new Map(),
      state: 'waiting',
    };
    this.#byKey.set(series.key, tracked);
    this.#changes?.rows.add(tracked);
    return tracked;
  }

  #drop(tracked: TrackedSeries): void {
    this.#byKey.delete(tracked.series.key);
    this.#bytes -= bytesOf(tracked.series);
    this.#changes?.rows.delete(tracked);
    this.#changes?.readings.delete(tracked);
    this.#changes?.droppedIds.push(tracked.id);
  }
}

function stateOf(
  { sample, error, plannedAtMs }: TrackedSeries,
  { freshnessMs, maxStaleMs }: SeriesLimits,
  nowMs: number,
): SeriesState {
  if (sample === undefined) return error === undefined ? 'waiting' : 'failing';
  const ageMs = nowMs - plannedAtMs;
  if (ageMs >= maxStaleMs) return 'failing';
  return error === undefined && ageMs < freshnessMs + betweenReadsMs ? 'fresh' : 'stale';
}
