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

  constructor(maxEntries: number) {
    this.#samples = new LRUCache({ max: maxEntries });
  }

  get(series: Series): StoredSample | undefined {
    return this.#samples.get(seriesKey(series));
  }

  put(series: Series, stored: StoredSample): void {
    this.#samples.set(seriesKey(series), stored);
  }
}
