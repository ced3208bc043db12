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

  /** All that is known, by the key of the series; nothing counts as used. */
  entries(): Iterable<readonly [string, StoredSeries]> {
    return this.#entries.entries();
  }

  put(series: Series, sample: Sample, run: BatchRun): void {
    this.#entries.set(this.#keys.of(series), { series, last: { sample, run }, failure: undefined });
  }

  /** A query that was canceled says nothing of the series. */
  fail(series: Series, error: AdapterError, plannedAtMs: number): void {
    if (error.code === 'Canceled') return;
    const key = this.#keys.of(series);
    const last = this.#entries.peek(key)?.last;
    this.#entries.set(key, { series, last, failure: { error, plannedAtMs } });
  }

  /** Drops what turns out to be doubtful. */
  forget(doubtful: (series: Series, run: BatchRun) => boolean): void {
    for (const [key, { series, last }] of [...this.#entries.entries()]) {
      if (last !== undefined && doubtful(series, last.run)) this.#entries.delete(key);
    }
  }
}
