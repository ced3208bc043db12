import { LRUCache } from 'lru-cache';
import type { Sample } from '../metric/sample.ts';
import { seriesKey, type Series } from '../metric/series.ts';

export interface StoredSample {
  readonly sample: Sample;
  /** When its query was planned, Unix ms: what freshness is counted from. */
  readonly plannedAtMs: number;
}

/** The last sample of each series, bounded by entries. It never fetches. */
export class SampleStore {
  readonly #samples: LRUCache<string, StoredSample>;
  /** Of series that somebody holds: writing a key costs more than the look-up. */
  readonly #keys = new WeakMap<Series, string>();

  constructor(maxEntries: number) {
    this.#samples = new LRUCache({ max: maxEntries });
  }

  get(series: Series): StoredSample | undefined {
    return this.#samples.get(this.#keyOf(series));
  }

  put(series: Series, stored: StoredSample): void {
    this.#samples.set(this.#keyOf(series), stored);
  }

  #keyOf(series: Series): string {
    let key = this.#keys.get(series);
    if (key === undefined) {
      key = seriesKey(series);
      this.#keys.set(series, key);
    }
    return key;
  }
}
