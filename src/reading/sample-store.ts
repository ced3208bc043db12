import { LRUCache } from 'lru-cache';
import type { AdapterError } from '../errors.ts';
import type { Sample } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import type { BatchRun, OutcomeSink } from './collector.ts';
import { SeriesKeys } from './series-keys.ts';

export interface StoredSample {
  readonly sample: Sample;
  readonly run: BatchRun;
}

export interface StoredFailure {
  readonly error: AdapterError;
  readonly plannedAtMs: number;
}

/** What is known of one series. */
export interface StoredSeries {
  /** Of the series. */
  readonly key: string;
  readonly series: Series;
  /** The last that was good. */
  readonly last: StoredSample | undefined;
  /** That of the last query, unless it gave a sample. */
  readonly failure: StoredFailure | undefined;
}

/** What became of each series, bounded by entries. It never fetches. */
export class SampleStore implements OutcomeSink {
  readonly #entries: LRUCache<string, StoredSeries>;
  /** The same in an order that no use changes, so that they can be gone through with other work in between. */
  readonly #inOrder = new Map<string, StoredSeries>();
  readonly #keys: SeriesKeys;

  constructor(maxEntries: number, keys = new SeriesKeys()) {
    const dispose = (_: StoredSeries, key: string, reason: LRUCache.DisposeReason) => {
      if (reason !== 'set') this.#inOrder.delete(key);
    };
    this.#entries = new LRUCache({ max: maxEntries, dispose });
    this.#keys = keys;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(series: Series): StoredSeries | undefined {
    return this.#entries.get(this.#keys.of(series));
  }

  /**
   * All that is known, each as it is when it is come to; nothing counts as used. What is dropped and comes back
   * meanwhile comes again.
   */
  all(): Iterable<StoredSeries> {
    return this.#inOrder.values();
  }

  put(series: Series, sample: Sample, run: BatchRun): void {
    const key = this.#keys.of(series);
    this.#set({ key, series, last: { sample, run }, failure: undefined });
  }

  /** A query that was canceled says nothing of the series. */
  fail(series: Series, error: AdapterError, plannedAtMs: number): void {
    if (error.code === 'Canceled') return;
    const key = this.#keys.of(series);
    const last = this.#entries.peek(key)?.last;
    this.#set({ key, series, last, failure: { error, plannedAtMs } });
  }

  /** Drops what turns out to be doubtful. */
  forget(doubtful: (series: Series, run: BatchRun) => boolean): void {
    for (const { key, series, last } of this.all()) {
      if (last !== undefined && doubtful(series, last.run)) this.#entries.delete(key);
    }
  }

  #set(stored: StoredSeries): void {
    this.#entries.set(stored.key, stored);
    this.#inOrder.set(stored.key, stored);
  }
}
