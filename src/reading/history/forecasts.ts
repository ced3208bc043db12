import { once } from 'node:events';
import { AdapterError } from '../../errors.ts';
import type { Outcome } from '../../metric/sample.ts';
import type { Series } from '../../metric/series.ts';
import { pauseUntil } from '../../runtime/back-off.ts';
import { Shares } from '../../runtime/shares.ts';
import { Turns } from '../../runtime/turns.ts';
import type { LogstoreName } from '../pace/read-beats.ts';
import type { OutcomeSink } from '../sample-store.ts';
import { failed, KeptForecast, noForecasts } from './kept-forecast.ts';
import { historyKey, LogstoreHistory, type LogstoreHistoryContext } from './logstore-history.ts';

export interface ForecastsContext extends Omit<LogstoreHistoryContext, 'onCounted'> {
  /** 0: none. */
  readonly maxForecasts: number;
  /** Receives each outcome that is read. */
  readonly sink: OutcomeSink;
  /** Learns the delay of the logstores of these series. Never rejects. */
  readonly learnDelay: (
    series: readonly Series[],
    signal: AbortSignal,
    namespaces: ReadonlySet<string>,
  ) => Promise<void>;
  /** Default: by timers. */
  readonly pause?: ((pauseMs: number, signal: AbortSignal) => Promise<void>) | undefined;
  readonly observer: ForecastObserver;
}

/** Notified of changes only. */
export interface ForecastObserver {
  /** The last days of these routes are counted. */
  historyCounted(event: LogstoreName & { readonly metric: string; readonly routes: number }): void;
  /** The minutes of a logstore cannot be counted, or fail with another code. */
  historyFailing(event: LogstoreName & { readonly metric: string; readonly error: AdapterError }): void;
}

/** Forecasts that were not read for so long are dropped, with their history. */
const unreadMs = 5 * 60_000;
const stepMs = 1000;
const learnDelayMs = 15_000;
/** Each is a query a minute. */
const mostHistoriesOfNamespace = 50;

interface History {
  readonly key: string;
  readonly of: LogstoreHistory;
  /** Who reads its forecasts first; they take turns. */
  readonly namespace: string;
  /** By key of the series. @bound `reading.maxForecasts` in all | 50 KB each | half of them for a namespace | `reading.maxForecasts` */
  readonly forecasts: Map<string, KeptForecast>;
  failingBy: string | undefined;
}

/** Makes forecasts of the series that are read, and counts the history for them. What is not read costs nothing. */
export class Forecasts {
  readonly #context: ForecastsContext;
  readonly #shares: Shares;
  /** By what one query answers. @bound as the forecasts | - | {mostHistoriesOfNamespace} of a namespace | `reading.maxForecasts` */
  readonly #histories = new Map<string, History>();
  #wake: () => void = () => undefined;
  #learnedDelayAtMs = -Infinity;

  constructor(context: ForecastsContext) {
    this.#context = context;
    this.#shares = new Shares(context.maxForecasts / 2);
  }

  /** All that are read, with the history of each. */
  *all(): Iterable<KeptForecast> {
    for (const { forecasts } of this.#histories.values()) yield* forecasts.values();
  }

  /** Returns the outcomes as they are now, in the order of the series. Reads of all kinds come here, so it never waits. */
  read(series: readonly Series[], namespace: string): Outcome[] {
    const { sink, clock, monotonicMs } = this.#context;
    const nowMs = monotonicMs();
    return series.map((one) => {
      const outcome = this.#outcome(one, namespace, nowMs);
      if (outcome.kind === 'failed') sink.fail(one, outcome.error, nowMs);
      else {
        const { window, madeAtSeconds = clock.now() / 1000 } = outcome.sample;
        sink.put(one, outcome.sample, {
          plannedAtMs: nowMs,
          delaySeconds: madeAtSeconds - window.endSeconds,
        });
      }
      return outcome;
    });
  }

  /** Waits until the history of a series is counted, or has failed: for commands. */
  async settled(series: readonly Series[], namespace: string, signal: AbortSignal): Promise<void> {
    const { monotonicMs, pause = pauseUntil } = this.#context;
    const isSettled = (one: Series) => {
      this.#outcome(one, namespace, monotonicMs());
      const history = this.#histories.get(historyKey(one))?.of;
      return history === undefined || history.isLive(one.route) || history.error !== undefined;
    };
    while (!signal.aborted && !series.every(isSettled)) await pause(50, signal);
  }

  /** Counts minutes until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { pause = pauseUntil, monotonicMs } = this.#context;
    while (!signal.aborted) {
      if (this.#histories.size === 0) {
        await this.#woken(signal);
        continue;
      }
      this.#forgetUnread(monotonicMs());
      this.#learnDelays(signal);
      for (const history of this.#histories.values()) {
        history.of.step(new Set([history.namespace]));
        this.#reportFailure(history);
      }
      await pause(stepMs, signal);
    }
    const histories = [...this.#histories.values()];
    for (const { of } of histories) of.stop();
    await Promise.all(histories.map(({ of }) => of.idle));
  }

  #outcome(series: Series, namespace: string, nowMs: number): Outcome {
    const { clock, delaySecondsOf } = this.#context;
    const history = this.#historyOf(series, namespace);
    if (history instanceof AdapterError) return failed(history);
    const known = history.forecasts.get(series.key) ?? this.#add(history, series, namespace);
    if (known instanceof AdapterError) return failed(known);
    known.readAtMs = nowMs;
    const { of } = history;
    if (of.isLive(series.route)) return known.outcome(clock.now() / 1000, delaySecondsOf(series), of.error);
    const what = `${series.metric.name} of ${series.route ?? 'the logstore'}: its history is being counted`;
    return failed(of.error ?? new AdapterError('ForecastNotReady', `${what}, which takes about a minute`));
  }

  /** Returns the history that the series is counted in, a new one if there is none. */
  #historyOf(series: Series, namespace: string): History | AdapterError {
    const { maxForecasts } = this.#context;
    const key = historyKey(series);
    const known = this.#histories.get(key);
    if (known !== undefined) return known;
    const own = [...this.#histories.values()].filter((one) => one.namespace === namespace).length;
    if (own >= mostHistoriesOfNamespace)
      return new AdapterError(
        'LimitExceeded',
        `namespace ${namespace} reads forecasts with ${own} different logstores, metrics or filters already: at most ${mostHistoriesOfNamespace}`,
      );
    if (maxForecasts === 0) return noForecasts();
    const of = new LogstoreHistory(series, { ...this.#context, onCounted: this.#counted });
    const history = { key, of, namespace, forecasts: new Map<string, KeptForecast>(), failingBy: undefined };
    this.#histories.set(key, history);
    this.#wake();
    return history;
  }

  #add(history: History, series: Series, namespace: string): KeptForecast | AdapterError {
    const { clock, maxForecasts } = this.#context;
    if (!this.#shares.take(namespace)) {
      return new AdapterError(
        'LimitExceeded',
        `namespace ${namespace} has its share of the ${maxForecasts} forecasts (reading.maxForecasts), at most half of them`,
      );
    }
    const kept = new KeptForecast(series, history.of.countsOf(series.route), namespace);
    history.forecasts.set(series.key, kept);
    if (history.of.isLive(series.route)) kept.learn(clock.now() / 1000);
    return kept;
  }

  readonly #counted: LogstoreHistoryContext['onCounted'] = async (of, routes, isFirst) => {
    const { clock, observer } = this.#context;
    const { project, logstore, metric } = of.series;
    if (isFirst) observer.historyCounted({ project, logstore, metric: metric.name, routes: routes.length });
    const history = [...this.#histories.values()].find((one) => one.of === of);
    if (history === undefined) return;
    const counted = new Set(routes);
    const turns = new Turns();
    for (const kept of history.forecasts.values()) {
      if (counted.has(kept.series.route)) kept.learn(clock.now() / 1000);
      if (turns.isOver()) await turns.next();
    }
  };

  #reportFailure(history: History): void {
    const { error, series } = history.of;
    const { project, logstore, metric } = series;
    if (error !== undefined && error.code !== history.failingBy)
      this.#context.observer.historyFailing({ project, logstore, metric: metric.name, error });
    history.failingBy = error?.code;
  }

  #learnDelays(signal: AbortSignal): void {
    const { monotonicMs, learnDelay } = this.#context;
    const nowMs = monotonicMs();
    if (nowMs - this.#learnedDelayAtMs < learnDelayMs) return;
    this.#learnedDelayAtMs = nowMs;
    const histories = [...this.#histories.values()];
    const namespaces = new Set(histories.map(({ namespace }) => namespace));
    void learnDelay(
      histories.map(({ of }) => of.series),
      signal,
      namespaces,
    );
  }

  #forgetUnread(nowMs: number): void {
    for (const [key, { of, forecasts }] of this.#histories) {
      const unread = [...forecasts].filter(([, kept]) => nowMs - kept.readAtMs >= unreadMs);
      for (const [seriesKey, kept] of unread) {
        forecasts.delete(seriesKey);
        this.#shares.give(kept.namespace);
      }
      if (unread.length > 0) of.keepOnly(new Set([...forecasts.values()].map(({ series }) => series.route)));
      if (forecasts.size > 0) continue;
      of.stop();
      this.#histories.delete(key);
    }
  }

  async #woken(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    if (!either.aborted) await once(either, 'abort');
  }
}
