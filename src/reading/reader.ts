import type { Sample } from '../metric/sample.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import { seriesLabels, seriesOf, type Series } from '../metric/series.ts';
import type { Collector } from './collector.ts';
import type { SampleStore } from './sample-store.ts';

export interface ReaderSettings {
  /** A stored sample younger than this is served without asking SLS. */
  readonly freshnessMs: number;
}

/** The answer to one read: one item a series, in the order of the request's routes. */
export interface Reading {
  readonly items: readonly ReadingItem[];
}

export interface ReadingItem {
  readonly labels: Readonly<Record<string, string>>;
  readonly sample: Sample;
}

/** Answers reads from the store, and through the collector where the store has nothing fresh. */
export class Reader {
  readonly #settings: ReaderSettings;
  readonly #store: SampleStore;
  readonly #collector: Collector;
  readonly #clock: { now(): number };

  constructor(settings: ReaderSettings, store: SampleStore, collector: Collector, clock: { now(): number }) {
    this.#settings = settings;
    this.#store = store;
    this.#collector = collector;
    this.#clock = clock;
  }

  /** @throws AdapterError where any of the series has no true number: a sum must not miss one */
  async read(request: MetricRequest, signal: AbortSignal): Promise<Reading> {
    const series = seriesOf(request);
    const samples = new Map<Series, Sample>();
    for (const one of series) {
      const fresh = this.#fresh(one);
      if (fresh !== undefined) samples.set(one, fresh);
    }
    const missing = series.filter((one) => !samples.has(one));
    if (missing.length > 0) {
      const outcomes = await this.#collector.collect(missing, request.maxRetries, signal);
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.kind === 'failed') throw outcome.error;
        const one = missing[index];
        if (one !== undefined) samples.set(one, outcome.sample);
      }
    }
    return { items: series.map((one) => itemOf(one, samples.get(one))) };
  }

  #fresh(series: Series): Sample | undefined {
    const stored = this.#store.get(series);
    if (stored === undefined) return undefined;
    const ageMs = this.#clock.now() - stored.plannedAtMs;
    return ageMs >= 0 && ageMs < this.#settings.freshnessMs ? stored.sample : undefined;
  }
}

function itemOf(series: Series, sample: Sample | undefined): ReadingItem {
  if (sample === undefined) throw new RangeError('the collector gave fewer outcomes than series');
  return { labels: seriesLabels(series), sample };
}
