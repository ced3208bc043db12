import { once } from 'node:events';
import type { AdapterError } from '../errors.ts';
import { defaultMaxRetries } from '../metric/metric-request.ts';
import type { Outcome } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { pauseUntil } from '../runtime/back-off.ts';
import type { Collector } from './collector.ts';
import type { LogstoreName, WantedSeries } from './wanted-series.ts';

export interface PrefetcherContext {
  readonly wanted: WantedSeries;
  readonly collector: Collector;
  /** From the start of one refresh of a logstore to the start of the next. */
  readonly refreshMsOf: (project: string) => number;
  /** Learns the delay of the logstores of these series. Never rejects. */
  readonly learnDelay: (series: readonly Series[], signal: AbortSignal) => Promise<void>;
  /** Whether an earlier sample of the series is served while SLS gives none. */
  readonly isServed: (series: Series) => boolean;
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observer: PrefetchObserver;
}

/** Notified of changes only, not of every refresh. */
export interface PrefetchObserver {
  /** Refreshes of a logstore begin to fail, or fail with another code. */
  refreshFailing(
    event: LogstoreName & {
      readonly failed: number;
      /** How many of the failed ones have an earlier sample that is served for now. */
      readonly served: number;
      readonly wanted: number;
      readonly error: AdapterError;
    },
  ): void;
  refreshRecovered(event: LogstoreName): void;
}

/**
 * Refreshes the wanted series in one loop for each logstore, so that reads find them fresh. A loop starts at a random
 * time and starts no refresh before the last one has ended, so that work never piles up. It ends when none of its series
 * is wanted any more.
 */
export class Prefetcher {
  readonly #context: PrefetcherContext;
  readonly #loops = new Set<Promise<void>>();

  constructor(context: PrefetcherContext) {
    this.#context = context;
  }

  /** Resolves once the signal is aborted and all loops have ended. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    this.#context.wanted.watchLogstores((logstore) => {
      if (signal.aborted) return;
      const loop = this.#keepFresh(logstore, signal);
      this.#loops.add(loop);
      void loop.finally(() => this.#loops.delete(loop));
    });
    if (!signal.aborted) await once(signal, 'abort');
    await Promise.all(this.#loops);
  }

  async #keepFresh(logstore: LogstoreName, signal: AbortSignal): Promise<void> {
    const { wanted, collector, refreshMsOf, learnDelay, clock, random } = this.#context;
    const refreshMs = refreshMsOf(logstore.project);
    let lastCode: string | undefined;
    let learning: Promise<void> | undefined;
    let pauseMs = random() * refreshMs;
    for (;;) {
      await pauseUntil(pauseMs, signal);
      if (signal.aborted) break;
      const startMs = performance.now();
      const series = wanted.take(logstore, clock.now());
      if (series.length === 0) break;
      learning ??= learnDelay(series, signal).finally(() => (learning = undefined));
      try {
        const outcomes = await collector.collect(series, defaultMaxRetries, signal);
        lastCode = this.#report(logstore, series, outcomes, lastCode);
      } catch {
        break;
      }
      pauseMs = Math.max(0, startMs + refreshMs - performance.now());
    }
    await learning;
  }

  /** Returns the code that the refresh failed with. */
  #report(
    logstore: LogstoreName,
    series: readonly Series[],
    outcomes: readonly Outcome[],
    lastCode: string | undefined,
  ) {
    const { observer, isServed } = this.#context;
    const failures = outcomes.flatMap((outcome, index) =>
      outcome.kind === 'failed' ? { error: outcome.error, series: series[index] } : [],
    );
    const error = failures[0]?.error;
    if (error === undefined) {
      if (lastCode !== undefined) observer.refreshRecovered(logstore);
    } else if (error.code !== lastCode) {
      const served = failures.filter((failure) => failure.series && isServed(failure.series)).length;
      observer.refreshFailing({
        ...logstore,
        failed: failures.length,
        served,
        wanted: outcomes.length,
        error,
      });
    }
    return error?.code;
  }
}
