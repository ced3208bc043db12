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

/** What is worked out of a request once, for as long as somebody holds it. */
interface KnownRequest {
  readonly series: readonly Series[];
  /** The last answer, for as long as its samples are those stored. */
  reading: Reading | undefined;
}

/** Answers reads from the store, and through the collector where the store has nothing fresh. */
export class Reader {
  readonly #settings: ReaderSettings;
  readonly #store: SampleStore;
  readonly #collector: Collector;
  readonly #clock: { now(): number };
  readonly #known = new WeakMap<MetricRequest, KnownRequest>();

  constructor(settings: ReaderSettings, store: SampleStore, collector: Collector, clock: { now(): number }) {
    this.#settings = settings;
    this.#store = store;
    this.#collector = collector;
    this.#clock = clock;
  }

  /**
   * The answer that needs no SLS: the same object as before for the same request, until one of its samples is
   * another. Undefined where a series has nothing fresh.
   */
  fresh(request: MetricRequest): Reading | undefined {
    const known = this.#know(request);
    const samples: Sample[] = [];
    for (const one of known.series) {
      const sample = this.#freshSample(one);
      if (sample === undefined) return undefined;
      samples.push(sample);
    }
    if (known.reading?.items.every(({ sample }, index) => sample === samples[index]) !== true) {
      known.reading = { items: known.series.map((one, index) => itemOf(one, samples[index])) };
    }
    return known.reading;
  }

  /** @throws AdapterError where any of the series has no true number: a sum must not miss one */
  async read(request: MetricRequest, signal: AbortSignal): Promise<Reading> {
    const { series } = this.#know(request);
    const samples = new Map<Series, Sample>();
    for (const one of series) {
      const fresh = this.#freshSample(one);
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

  #know(request: MetricRequest): KnownRequest {
    let known = this.#known.get(request);
    if (known === undefined) {
      known = { series: seriesOf(request), reading: undefined };
      this.#known.set(request, known);
    }
    return known;
  }

  #freshSample(series: Series): Sample | undefined {
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
