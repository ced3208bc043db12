import { once } from 'node:events';
import type { AdapterError } from '../errors.ts';
import { defaultMaxRetries } from '../metric/metric-request.ts';
import type { Outcome } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { pauseUntil } from '../runtime/back-off.ts';
import type { Collector } from './collector.ts';
import type { LogstoreName, ReadBeats } from './pace/read-beats.ts';
import { RefreshPacer } from './pace/refresh-pacer.ts';

export interface PrefetcherContext {
  readonly beats: ReadBeats;
  readonly collector: Collector;
  /** How many refreshes a logstore of the project may have in 15 s. 0: none. */
  readonly budgetOf: (project: string) => number;
  /** Learns the delay of the logstores of these series. Never rejects. */
  readonly learnDelay: (series: readonly Series[], signal: AbortSignal) => Promise<void>;
  /** Whether an earlier sample of the series is served while SLS gives none. */
  readonly isServed: (series: Series) => boolean;
  readonly monotonicMs: () => number;
  readonly clock: { now(): number };
  /** Default: by timers. */
  readonly pause?: (pauseMs: number, signal: AbortSignal) => Promise<void>;
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

/** A pause ends after this time at the latest: an early read, or a new reader, changes when the next refresh is due. */
const longestPauseMs = 1000;
/** Between two calls that may learn the delay of a logstore that is not refreshed. */
const learningPauseMs = 5000;

/**
 * Refreshes series just before they are read, in one loop for each logstore. It starts no refresh before the last one
 * has ended, so that work never piles up. A loop ends when no read of its logstore is due.
 */
export class Prefetcher {
  readonly #context: PrefetcherContext;
  /** @bound as the logstores that are read | - | a quarter of the series for each namespace | `reading.maxSeries` */
  readonly #loops = new Set<Promise<void>>();

  constructor(context: PrefetcherContext) {
    this.#context = context;
  }

  /** Resolves once the signal is aborted and all loops have ended. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { beats, budgetOf } = this.#context;
    beats.onBeat((logstore) => {
      const budget = budgetOf(logstore.project);
      if (signal.aborted) return;
      const loop =
        budget === 0
          ? this.#keepLearning(logstore, signal)
          : this.#keepFresh(logstore, new RefreshPacer(budget), signal);
      this.#loops.add(loop);
      void loop.finally(() => this.#loops.delete(loop));
    });
    // The truth of their readings rests on the delay as well.
    beats.onUnsteady((series) => {
      if (!signal.aborted) void this.#context.learnDelay([series], signal);
    });
    if (!signal.aborted) await once(signal, 'abort');
    await Promise.all(this.#loops);
  }

  /** Learns the delay of a logstore that is not refreshed, while it is read. */
  async #keepLearning(logstore: LogstoreName, signal: AbortSignal): Promise<void> {
    const { beats, learnDelay, monotonicMs, pause = pauseUntil } = this.#context;
    while (!signal.aborted) {
      const due = beats.due(logstore, monotonicMs());
      if (due.length === 0) break;
      await learnDelay([...new Set(due.map(({ series }) => series))], signal);
      await pause(learningPauseMs, signal);
    }
  }

  async #keepFresh(logstore: LogstoreName, pacer: RefreshPacer, signal: AbortSignal): Promise<void> {
    const { beats, collector, learnDelay, monotonicMs, clock, pause = pauseUntil } = this.#context;
    let lastCode: string | undefined;
    let learning: Promise<void> | undefined;
    while (!signal.aborted) {
      const nowMs = monotonicMs();
      const due = beats.due(logstore, nowMs);
      if (due.length === 0) break;
      const dueMs = due.map((read) => read.dueMs);
      const next = pacer.next(dueMs, nowMs, clock.now() - nowMs);
      const waitMs = (next?.startMs ?? Infinity) - nowMs;
      if (next === undefined || waitMs > 0) {
        await pause(Math.min(waitMs, longestPauseMs), signal);
        continue;
      }
      const served = due.filter((read) => read.dueMs < next.servesBeforeMs);
      const series = [...new Set(served.map((read) => read.series))];
      learning ??= learnDelay(series, signal).finally(() => (learning = undefined));
      try {
        const outcomes = await collector.collect(series, defaultMaxRetries, signal);
        lastCode = this.#report(logstore, series, outcomes, lastCode);
      } catch {
        break;
      }
      pacer.refreshed(next, nowMs, monotonicMs());
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
