import { AdapterError } from '../errors.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { Outcome, Sample } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { pauseUntil } from '../runtime/back-off.ts';
import type { Collector } from './collector.ts';
import type { Forecasts } from './history/forecasts.ts';
import type { ReadBeats, SeriesReader } from './pace/read-beats.ts';
import {
  type CompleteResults,
  isYounger,
  type SampleStore,
  type StoredSeries,
  youngSample,
} from './sample-store.ts';

/** All ages count from when the query of a sample was planned. */
interface ReaderSettings {
  /** A stored outcome younger than this is served without asking SLS. */
  readonly freshnessMs: number;
  /** If SLS gives no sample, the last good one is served until it is this old. */
  readonly maxStaleMs: number;
  /** How long a read waits for SLS if every missing sample could be served stale. */
  readonly patienceMs: number;
}

interface ReaderContext {
  readonly store: SampleStore;
  readonly collector: Collector;
  /** Answers for routes that no read has asked for yet. */
  readonly complete: Pick<CompleteResults, 'answer'>;
  readonly beats: ReadBeats;
  readonly forecasts: Pick<Forecasts, 'read'>;
  readonly settingsOf: (project: string) => ReaderSettings;
  readonly monotonicMs: () => number;
}

/** Who reads. The reads of each user in each namespace have a beat of their own. */
export interface ReadBy extends SeriesReader {
  /** Written to the log of the SLS queries that serve the read. */
  readonly requestId?: string | undefined;
  /** The read never waits longer for SLS. Its query goes on, and serves the next read. Default: as long as SLS may take. */
  readonly longestWaitMs?: number;
}

const noReader: ReadBy = { namespace: '', user: '' };

/** The answer to one read: one item for each series, in the order of the request's routes. */
export interface Reading {
  readonly items: readonly ReadingItem[];
  readonly source: ReadingSource;
}

/** `fresh`: all from the store. `cold`: SLS was asked. `stale`: SLS gave no answer, so old samples are served. */
export type ReadingSource = 'fresh' | 'cold' | 'stale';

export interface ReadingItem {
  readonly labels: Readonly<Record<string, string>>;
  readonly sample: Sample;
}

/** Answers reads from the store, and through the collector if the store has nothing fresh. */
export class Reader {
  readonly #context: ReaderContext;

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  /** Returns the reading if the store has a fresh sample of each series: most reads need not wait. */
  fresh({ project, series }: MetricRequest, by: SeriesReader): Reading | undefined {
    const { store, beats, settingsOf, monotonicMs } = this.#context;
    const { freshnessMs } = settingsOf(project);
    const nowMs = monotonicMs();
    const items: ReadingItem[] = [];
    for (const one of series) {
      const sample = youngSample(store.get(one), freshnessMs, nowMs);
      if (sample === undefined) return undefined;
      beats.read(one, by, nowMs);
      items.push({ labels: one.labels, sample });
    }
    return { items, source: 'fresh' };
  }

  /**
   * @throws AdapterError if any of the series has no true number, because a sum must not miss one
   */
  async read(request: MetricRequest, signal: AbortSignal, by: ReadBy = noReader): Promise<Reading> {
    if (request.metric.isForecast === true) return this.#forecast(request, by);
    const { store, collector, complete, beats, settingsOf, monotonicMs } = this.#context;
    const { project, series, maxRetries } = request;
    const { freshnessMs, maxStaleMs, ...settings } = settingsOf(project);
    const patienceMs = Math.min(settings.patienceMs, by.longestWaitMs ?? Infinity);
    const nowMs = monotonicMs();
    const outcomes = new Map<Series, Outcome>();
    const staleOf = (one: Series) =>
      youngSample(store.get(one), maxStaleMs, monotonicMs()) ?? countedFor(complete.answer(one, maxStaleMs));
    for (const one of series) {
      const refusal = beats.read(one, by, nowMs);
      const outcome = freshOutcome(store.get(one), freshnessMs, nowMs) ?? complete.answer(one, freshnessMs);
      if (outcome !== undefined) outcomes.set(one, outcome);
      else if (refusal !== undefined) {
        // The read must fail. Each further series would be refused as well, with an error of its own.
        if (staleOf(one) === undefined) throw refusal;
        outcomes.set(one, { kind: 'failed', error: refusal });
      }
    }
    const isServable = (one: Series) =>
      outcomes.get(one)?.kind === 'sample' ||
      youngSample(store.get(one), maxStaleMs, nowMs + patienceMs) !== undefined;
    const asked = series.filter((one) => !outcomes.has(one));
    if (asked.length > 0) {
      const collected = collector.collect(asked, maxRetries, signal, by);
      const waitMs = series.every(isServable) ? patienceMs : by.longestWaitMs;
      const answered = waitMs === undefined ? await collected : await withinPatience(collected, waitMs);
      for (const [index, one] of asked.entries())
        outcomes.set(one, answered?.[index] ?? tooSlow(waitMs ?? patienceMs));
    }
    let source: ReadingSource = asked.length === 0 ? 'fresh' : 'cold';
    const items = series.map((one): ReadingItem => {
      const outcome = outcomes.get(one) ?? tooSlow(patienceMs);
      if (outcome.kind === 'sample') return { labels: one.labels, sample: outcome.sample };
      const stale = staleOf(one);
      if (stale === undefined || outcome.error.code === 'Canceled') throw outcome.error;
      source = 'stale';
      return { labels: one.labels, sample: stale };
    });
    return { items, source };
  }

  /** A forecast waits for nothing: its history is counted between reads. An old one is no substitute. */
  #forecast({ series }: MetricRequest, by: SeriesReader): Reading {
    const { beats, forecasts, monotonicMs } = this.#context;
    // Nothing is kept of the series after one that is refused.
    const outcomes = series.map((one) => {
      const refusal = beats.read(one, by, monotonicMs());
      if (refusal !== undefined) throw refusal;
      return { labels: one.labels, outcome: forecasts.read(one, by.namespace) };
    });
    const items = outcomes.map(({ labels, outcome }): ReadingItem => {
      if (outcome.kind === 'failed') throw outcome.error;
      return { labels, sample: outcome.sample };
    });
    return { items, source: 'fresh' };
  }
}

/** Includes a fresh failure, which another query would most likely repeat. */
function freshOutcome(
  stored: StoredSeries | undefined,
  freshnessMs: number,
  nowMs: number,
): Outcome | undefined {
  const sample = youngSample(stored, freshnessMs, nowMs);
  if (sample !== undefined) return { kind: 'sample', sample };
  const failure = stored?.failure;
  if (failure === undefined || !isYounger(failure.plannedAtMs, freshnessMs, nowMs)) return undefined;
  return { kind: 'failed', error: failure.error };
}

/** Refreshes for the reads of other series count this one too, if they count every route. */
const countedFor = (answer: Outcome | undefined): Sample | undefined =>
  answer?.kind === 'sample' ? answer.sample : undefined;

const tooSlow = (patienceMs: number): Outcome => ({
  kind: 'failed',
  error: new AdapterError('SlsTimeout', `SLS has not answered within ${patienceMs / 1000} s`),
});

/** Returns undefined if the work takes longer. The work goes on. */
export async function withinPatience<T>(work: Promise<T>, patienceMs: number): Promise<T | undefined> {
  const ended = new AbortController();
  const expired = pauseUntil(patienceMs, ended.signal).then(() => undefined);
  // A rejection after the patience must not count as unhandled.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, expired]);
  } finally {
    ended.abort();
  }
}
