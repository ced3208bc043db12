import { once } from 'node:events';
import type { AdapterError, ErrorCode } from '../errors.ts';
import { defaultMaxRetries } from '../metric/metric-request.ts';
import type { Outcome } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { pauseUntil } from '../runtime/back-off.ts';
import type { Collector } from './collector.ts';
import type { DueRead, LogstoreName, ReadBeats } from './pace/read-beats.ts';
import { RefreshPacer } from './pace/refresh-pacer.ts';

export interface PrefetcherContext {
  readonly beats: ReadBeats;
  readonly collector: Collector;
  /** How many refreshes a logstore of the project may have in 15 s. 0: none. */
  readonly budgetOf: (project: string) => number;
  /** Learns the delay of the logstores of these series. Never rejects. */
  readonly learnDelay: (
    series: readonly Series[],
    signal: AbortSignal,
    /** Those that read them. */
    namespaces: ReadonlySet<string>,
  ) => Promise<void>;
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
      /** One whose series fail; others may follow. */
      readonly namespace: string;
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
 * Refreshes series just before they are read, in one loop for each logstore. It starts no refresh for a namespace
 * before its last one has ended, so that work never piles up. A loop ends when no read of its logstore is due.
 */
export class Prefetcher {
  readonly #context: PrefetcherContext;
  /** @bound as the logstores that are read | - | `reading.perNamespace` | `reading.maxSeries` */
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
    beats.onUnsteady((series, namespace) => {
      if (!signal.aborted) void this.#context.learnDelay([series], signal, new Set([namespace]));
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
      await learnDelay(seriesOf(due), signal, namespacesOf(due));
      await pause(learningPauseMs, signal);
    }
  }

  async #keepFresh(logstore: LogstoreName, pacer: RefreshPacer, signal: AbortSignal): Promise<void> {
    const { beats, learnDelay, monotonicMs, clock, pause = pauseUntil } = this.#context;
    const failing = new Map<string, ErrorCode>();
    /**
     * Namespace → its refresh that has not ended. Many windows of one namespace must not delay the others.
     *
     * @bound the namespaces that read the logstore | - | one | `reading.maxSeries`
     */
    const refreshing = new Map<string, Promise<void>>();
    let learning: Promise<void> | undefined;
    while (!signal.aborted) {
      const nowMs = monotonicMs();
      const all = beats.due(logstore, nowMs);
      if (all.length === 0) break;
      // A forecast needs no refresh: it is made once a minute.
      const due = all.filter(
        ({ namespace, series }) => series.forecast === undefined && !refreshing.has(namespace),
      );
      const dueMs = due.map((read) => read.dueMs);
      const next = pacer.next(dueMs, nowMs, clock.now() - nowMs);
      const waitMs = (next?.startMs ?? Infinity) - nowMs;
      if (next === undefined || waitMs > 0) {
        await pause(Math.min(waitMs, longestPauseMs), signal);
        continue;
      }
      const served = due.filter((read) => read.dueMs < next.servesBeforeMs);
      learning ??= learnDelay(seriesOf(served), signal, namespacesOf(served)).finally(
        () => (learning = undefined),
      );
      const started = [...Map.groupBy(served, ({ namespace }) => namespace)].map(([namespace, reads]) => {
        const refresh = this.#refresh(logstore, namespace, seriesOf(reads), failing, signal).finally(() =>
          refreshing.delete(namespace),
        );
        refreshing.set(namespace, refresh);
        return refresh;
      });
      await Promise.race(started);
      pacer.refreshed(next, nowMs, monotonicMs());
    }
    await Promise.all([learning, ...refreshing.values()]);
  }

  /** @param failing namespace → the code that its last refresh failed with */
  async #refresh(
    logstore: LogstoreName,
    namespace: string,
    series: readonly Series[],
    failing: Map<string, ErrorCode>,
    signal: AbortSignal,
  ): Promise<void> {
    const { collector, observer, isServed } = this.#context;
    let outcomes: readonly Outcome[];
    try {
      outcomes = await collector.collect(series, defaultMaxRetries, signal, { namespace });
    } catch {
      return;
    }
    const failures = outcomes.flatMap((outcome, index) =>
      outcome.kind === 'failed' ? { error: outcome.error, series: series[index] } : [],
    );
    const error = failures[0]?.error;
    if (error === undefined) {
      if (failing.delete(namespace) && failing.size === 0) observer.refreshRecovered(logstore);
      return;
    }
    const isKnown = [...failing.values()].includes(error.code);
    failing.set(namespace, error.code);
    if (isKnown) return;
    const served = failures.filter((failure) => failure.series && isServed(failure.series)).length;
    const [failed, wanted] = [failures.length, outcomes.length];
    observer.refreshFailing({ ...logstore, namespace, failed, served, wanted, error });
  }
}

const seriesOf = (due: readonly DueRead[]): Series[] => [...new Set(due.map(({ series }) => series))];

const namespacesOf = (due: readonly DueRead[]): ReadonlySet<string> =>
  new Set(due.map(({ namespace }) => namespace));
