import { AdapterError } from '../errors.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { Outcome, Sample } from '../metric/sample.ts';
import { seriesLabels, seriesOf, type Series } from '../metric/series.ts';
import { Attached } from '../runtime/attached.ts';
import type { Collector } from './collector.ts';
import type { SampleStore, StoredSeries } from './sample-store.ts';
import type { Want, WantedSeries } from './wanted-series.ts';

/** All ages are counted from when the query of a sample was planned. */
export interface ReaderSettings {
  /** A stored outcome younger than this is served without asking SLS. */
  readonly freshnessMs: number;
  /** The last good sample is served up to this age where SLS gives none. */
  readonly maxStaleMs: number;
  /** How long a read waits for SLS where all that it lacks could be served stale. */
  readonly patienceMs: number;
}

export interface ReaderContext {
  readonly store: SampleStore;
  readonly collector: Collector;
  readonly wanted: WantedSeries;
  readonly settingsOf: (project: string) => ReaderSettings;
  readonly clock: { now(): number };
}

/** The answer to one read: one item a series, in the order of the request's routes. */
export interface Reading {
  readonly items: readonly ReadingItem[];
  readonly source: ReadingSource;
}

/** Where the numbers came from: the store, SLS, or the store for want of an answer from SLS. */
export type ReadingSource = 'fresh' | 'cold' | 'stale';

export interface ReadingItem {
  readonly labels: Readonly<Record<string, string>>;
  readonly sample: Sample;
}

/** What is worked out of a request once, for as long as somebody holds it. */
interface KnownRequest {
  readonly settings: ReaderSettings;
  /** Once they are wanted, those that are: the same objects for all who ask. */
  readonly series: Series[];
  /** Of the item of each. */
  readonly labels: readonly ReadingItem['labels'][];
  readonly wants: (Want | undefined)[];
  /** The last answer, for as long as its samples are those stored. */
  reading: Reading | undefined;
}

/** A series that has nothing fresh, and what there is of it. */
interface Missing {
  readonly series: Series;
  /** Whether it can be served stale, patience included. */
  readonly servable: boolean;
  /** The failure of a moment ago, which asking again would most likely repeat. */
  readonly failure: AdapterError | undefined;
}

/** Answers reads from the store, and through the collector where the store has nothing fresh. */
export class Reader {
  readonly #context: ReaderContext;
  readonly #known = new Attached<MetricRequest, KnownRequest>();

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  /**
   * The answer that needs no SLS: the same object as before for the same request, until one of its samples is
   * another. Undefined where a series has nothing fresh. Counts as a read of the series.
   */
  fresh(request: MetricRequest): Reading | undefined {
    const known = this.#know(request);
    const nowMs = this.#context.clock.now();
    this.#want(known, nowMs);
    const samples: Sample[] = [];
    for (const one of known.series) {
      const sample = youngerSample(this.#context.store.get(one), known.settings.freshnessMs, nowMs);
      if (sample === undefined) return undefined;
      samples.push(sample);
    }
    if (known.reading?.items.every(({ sample }, index) => sample === samples[index]) !== true) {
      const items = known.labels.map((labels, index) => itemOf(labels, samples[index]));
      known.reading = { items, source: 'fresh' };
    }
    return known.reading;
  }

  /**
   * @param requestId for the log: the SLS queries that serve it name it
   * @throws AdapterError where any of the series has no true number: a sum must not miss one
   */
  async read(request: MetricRequest, signal: AbortSignal, requestId?: string): Promise<Reading> {
    const fresh = this.fresh(request);
    if (fresh !== undefined) return fresh;
    const { series, labels, settings } = this.#know(request);
    const { clock, store } = this.#context;
    const nowMs = clock.now();
    const samples = new Map<Series, Sample>();
    const missing: Missing[] = [];
    for (const one of series) {
      const stored = store.get(one);
      const sample = youngerSample(stored, settings.freshnessMs, nowMs);
      if (sample === undefined) missing.push(missingOf(one, stored, settings, nowMs));
      else samples.set(one, sample);
    }
    const outcomes = await this.#fetch(missing, request.maxRetries, settings, signal, requestId);
    let source: ReadingSource = 'cold';
    for (const [index, { series: one }] of missing.entries()) {
      const outcome = outcomes?.[index] ?? tooSlow(settings);
      if (outcome.kind === 'sample') samples.set(one, outcome.sample);
      else {
        const stale = youngerSample(store.get(one), settings.maxStaleMs, clock.now());
        if (stale === undefined || outcome.error.code === 'Canceled') throw outcome.error;
        samples.set(one, stale);
        source = 'stale';
      }
    }
    return { items: series.map((one, index) => itemOf(labels[index], samples.get(one))), source };
  }

  /** Undefined: SLS takes longer than patience, and everything could be served stale. */
  async #fetch(
    missing: readonly Missing[],
    maxRetries: number,
    { patienceMs }: ReaderSettings,
    signal: AbortSignal,
    requestId: string | undefined,
  ): Promise<Outcome[] | undefined> {
    const unasked = missing.filter(({ failure }) => failure === undefined);
    const collected = this.#context.collector.collect(
      unasked.map(({ series }) => series),
      maxRetries,
      signal,
      requestId,
    );
    const answered = missing.every(({ servable }) => servable)
      ? await withinPatience(collected, patienceMs)
      : await collected;
    if (answered === undefined) return undefined;
    const rest = answered.values();
    return missing.map(({ failure }) => {
      if (failure !== undefined) return { kind: 'failed', error: failure };
      const { value } = rest.next();
      if (value === undefined) throw new RangeError('the collector gave fewer outcomes than series');
      return value;
    });
  }

  #know(request: MetricRequest): KnownRequest {
    let known = this.#known.get(request);
    if (known === undefined) {
      const settings = this.#context.settingsOf(request.project);
      const series = seriesOf(request);
      known = {
        settings,
        series,
        labels: series.map(seriesLabels),
        wants: series.map(() => undefined),
        reading: undefined,
      };
      this.#known.set(request, known);
    }
    return known;
  }

  #want({ series, wants }: KnownRequest, nowMs: number): void {
    for (const [index, one] of series.entries()) {
      const want = this.#context.wanted.read(one, wants[index], nowMs);
      wants[index] = want;
      series[index] = want.series;
    }
  }
}

function youngerSample(stored: StoredSeries | undefined, limitMs: number, nowMs: number): Sample | undefined {
  if (stored?.last === undefined) return undefined;
  return isYounger(stored.last.run, limitMs, nowMs) ? stored.last.sample : undefined;
}

/** What was planned in the future is of before the clock was set back: its age is unknown. */
function isYounger(
  { plannedAtMs }: { readonly plannedAtMs: number },
  limitMs: number,
  nowMs: number,
): boolean {
  const ageMs = nowMs - plannedAtMs;
  return ageMs >= 0 && ageMs < limitMs;
}

function missingOf(
  series: Series,
  stored: StoredSeries | undefined,
  { freshnessMs, maxStaleMs, patienceMs }: ReaderSettings,
  nowMs: number,
): Missing {
  const failure = stored?.failure;
  const fresh = failure !== undefined && isYounger(failure, freshnessMs, nowMs);
  return {
    series,
    servable: youngerSample(stored, maxStaleMs, nowMs + patienceMs) !== undefined,
    failure: fresh ? failure.error : undefined,
  };
}

const tooSlow = ({ patienceMs }: ReaderSettings): Outcome => ({
  kind: 'failed',
  error: new AdapterError('SlsTimeout', `SLS has not answered within ${patienceMs / 1000} s`),
});

async function withinPatience<T>(work: Promise<T>, patienceMs: number): Promise<T | undefined> {
  const expired = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => expired.resolve(undefined), patienceMs);
  // Whoever stopped waiting no longer cares how it ends.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, expired.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function itemOf(labels: ReadingItem['labels'] | undefined, sample: Sample | undefined): ReadingItem {
  if (labels === undefined || sample === undefined)
    throw new RangeError('the collector gave fewer outcomes than series');
  return { labels, sample };
}
