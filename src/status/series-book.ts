import type { AdapterError } from '../errors.ts';
import type { Sample } from '../metric/sample.ts';
import { seriesKey, type Series } from '../metric/series.ts';
import type { BatchRun, OutcomeSink } from '../reading/collector.ts';
import { Attached } from '../runtime/attached.ts';
import { Histories } from './histories.ts';
import { stateOf, type SeriesRecord, type SeriesState, type ServingLimits } from './series-record.ts';

/** What of a project's settings the book goes by. */
export interface BookLimits extends ServingLimits {
  readonly refreshSeconds: number;
  readonly deadlineMs: number;
}

export interface BookContext {
  readonly clock: { now(): number };
  readonly limitsOf: (project: string) => BookLimits;
  /** More are not in the book; they are served all the same. */
  readonly maxSeries: number;
}

/** What changed since the last look. */
export interface BookChanges {
  /** New, or changed in more than the reading. */
  readonly rows: readonly SeriesRecord[];
  /** Have another reading. */
  readonly readings: readonly SeriesRecord[];
  readonly gone: readonly number[];
}

/** A refresh and its answer may be so much later than they should. */
const graceMs = 5000;

const nobody: readonly string[] = [];

/** What becomes of every series that somebody wants, with its last readings. Costs nothing when a reading is read. */
export class SeriesBook implements OutcomeSink {
  readonly #context: BookContext;
  readonly #histories = new Histories();
  readonly #byKey = new Map<string, SeriesRecord>();
  /** Of series that somebody holds: writing a key costs more than the look-up. */
  readonly #bySeries = new Attached<Series, SeriesRecord>();
  readonly #rows = new Set<SeriesRecord>();
  readonly #readings = new Set<SeriesRecord>();
  #gone: number[] = [];
  #lastId = 0;
  /** Whether changes are kept for somebody. */
  #watched = false;

  constructor(context: BookContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#byKey.size;
  }

  records(): IterableIterator<SeriesRecord> {
    return this.#byKey.values();
  }

  historyOf({ slot, readings }: SeriesRecord): number[] {
    return this.#histories.read(slot, readings);
  }

  /** @returns undefined where the book is full */
  of(series: Series): SeriesRecord | undefined {
    const known = this.#bySeries.get(series);
    if (known?.gone === false) return known;
    const key = seriesKey(series);
    const record = this.#byKey.get(key) ?? this.#add(key, series);
    if (record !== undefined) this.#bySeries.set(series, record);
    return record;
  }

  put(series: Series, sample: Sample, { plannedAtMs, delaySeconds }: BatchRun): void {
    const record = this.of(series);
    if (record === undefined) return;
    this.#histories.put(record.slot, record.readings, sample.value);
    record.readings += 1;
    Object.assign(record, { sample, plannedAtMs, delaySeconds, touchedMs: this.#context.clock.now() });
    if (record.error !== undefined) {
      record.error = undefined;
      this.rowChanged(record);
    } else if (this.#watched) this.#readings.add(record);
  }

  fail(series: Series, error: AdapterError, plannedAtMs: number): void {
    const record = error.code === 'Canceled' ? undefined : this.of(series);
    if (record === undefined) return;
    if (record.error === undefined) record.failingSinceMs = plannedAtMs;
    record.touchedMs = this.#context.clock.now();
    if (record.error?.message !== error.message) this.rowChanged(record);
    record.error = error;
  }

  rowChanged(record: SeriesRecord): void {
    if (this.#watched) this.#rows.add(record);
  }

  /** Begins or ends to keep changes for `takeChanges`. */
  watch(watched: boolean): void {
    this.#watched = watched;
    this.takeChanges();
  }

  takeChanges(): BookChanges {
    const rows = [...this.#rows].filter(({ gone }) => !gone);
    const readings = [...this.#readings].filter((record) => !record.gone && !this.#rows.has(record));
    const gone = this.#gone;
    this.#rows.clear();
    this.#readings.clear();
    this.#gone = [];
    return { rows, readings, gone };
  }

  /** Brings the states up to now and drops what nobody wants any more. */
  look(): Record<SeriesState, number> {
    const nowMs = this.#context.clock.now();
    const counts: Record<SeriesState, number> = { waiting: 0, fresh: 0, stale: 0, failing: 0 };
    for (const record of this.#byKey.values()) {
      const limits = this.#context.limitsOf(record.series.project);
      const silentMs = limits.refreshSeconds * 1000 + limits.deadlineMs + graceMs;
      if (record.named === 0 && nowMs - record.touchedMs > silentMs) {
        this.#drop(record);
        continue;
      }
      const state = stateOf(record, limits, nowMs);
      counts[state] += 1;
      if (state === record.state) continue;
      record.state = state;
      this.rowChanged(record);
    }
    return counts;
  }

  #add(key: string, series: Series): SeriesRecord | undefined {
    if (this.#byKey.size >= this.#context.maxSeries) return undefined;
    this.#lastId += 1;
    const record: SeriesRecord = {
      id: this.#lastId,
      key,
      series,
      slot: this.#histories.take(),
      readings: 0,
      sample: undefined,
      plannedAtMs: 0,
      delaySeconds: 0,
      error: undefined,
      failingSinceMs: 0,
      touchedMs: this.#context.clock.now(),
      named: 0,
      readers: nobody,
      state: 'waiting',
      gone: false,
    };
    this.#byKey.set(key, record);
    this.rowChanged(record);
    return record;
  }

  #drop(record: SeriesRecord): void {
    record.gone = true;
    this.#byKey.delete(record.key);
    this.#histories.release(record.slot);
    if (this.#watched) this.#gone.push(record.id);
  }
}
