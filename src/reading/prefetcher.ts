import { once } from 'node:events';
import type { AdapterError } from '../errors.ts';
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
  /** Learns how late the lines of these series come, where it is time to; never rejects. */
  readonly learnDelay: (series: readonly Series[], signal: AbortSignal) => Promise<void>;
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observer: PrefetchObserver;
}

/** Told of changes alone, not of every refresh. */
export interface PrefetchObserver {
  refreshFailing(event: {
    readonly project: string;
    readonly logstore: string;
    /** How many of the series wanted. */
    readonly failed: number;
    readonly wanted: number;
    readonly error: AdapterError;
  }): void;
  refreshRecovered(event: { readonly project: string; readonly logstore: string }): void;
}

/** What the label sls.query.max_retry is by default. */
const maxRetries = 5;

/**
 * Refreshes the series that are wanted, one loop a logstore, so that reads find them fresh. A refresh begins only
 * after the one before has ended, and each loop at a time of its own, so that neither a slow SLS nor many logstores
 * pile anything up. A loop ends where nothing of its logstore is wanted any more.
 */
export class Prefetcher {
  readonly #context: PrefetcherContext;
  readonly #loops = new Set<Promise<void>>();

  constructor(context: PrefetcherContext) {
    this.#context = context;
  }

  /** Resolves once the signal is aborted and nothing runs any more; never rejects. */
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
    const { wanted, refreshMsOf, learnDelay, clock, random } = this.#context;
    const refreshMs = refreshMsOf(logstore.project);
    const report = this.#reporter(logstore);
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
        report(await this.#context.collector.collect(series, maxRetries, signal));
      } catch {
        break;
      }
      pauseMs = Math.max(0, startMs + refreshMs - performance.now());
    }
    await learning;
  }

  /** Tells when a logstore's refreshes begin to fail, or fail otherwise, and when they succeed again. */
  #reporter(logstore: LogstoreName): (outcomes: readonly Outcome[]) => void {
    const { observer } = this.#context;
    let lastCode: string | undefined;
    return (outcomes) => {
      const errors = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? outcome.error : []));
      const [error] = errors;
      if (error === undefined) {
        if (lastCode !== undefined) observer.refreshRecovered(logstore);
      } else if (error.code !== lastCode) {
        observer.refreshFailing({ ...logstore, failed: errors.length, wanted: outcomes.length, error });
      }
      lastCode = error?.code;
    };
  }
}
