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
  readonly #keys: SeriesKeys;

  constructor(maxEntries: number, keys = new SeriesKeys()) {
    this.#entries = new LRUCache({ max: maxEntries });
    this.#keys = keys;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(series: Series): StoredSeries | undefined {
    return this.#entries.get(this.#keys.of(series));
  }

  /** All that is known now; nothing counts as used. */
  all(): StoredSeries[] {
    const all: StoredSeries[] = [];
    this.#entries.forEach((stored) => all.push(stored));
    return all;
  }

  put(series: Series, sample: Sample, run: BatchRun): void {
    const key = this.#keys.of(series);
    this.#entries.set(key, { key, series, last: { sample, run }, failure: undefined });
  }

  /** A query that was canceled says nothing of the series. */
  fail(series: Series, error: AdapterError, plannedAtMs: number): void {
    if (error.code === 'Canceled') return;
    const key = this.#keys.of(series);
    const last = this.#entries.peek(key)?.last;
    this.#entries.set(key, { key, series, last, failure: { error, plannedAtMs } });
  }

  /** Drops what turns out to be doubtful. */
  forget(doubtful: (series: Series, run: BatchRun) => boolean): void {
    for (const { key, series, last } of this.all()) {
      if (last !== undefined && doubtful(series, last.run)) this.#entries.delete(key);
    }
  }
}
