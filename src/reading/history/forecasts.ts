import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AdapterError } from '../../errors.ts';
import type { Outcome } from '../../metric/sample.ts';
import type { Series } from '../../metric/series.ts';
import { pauseUntil } from '../../runtime/back-off.ts';
import { Shares, shareText } from '../../runtime/shares.ts';
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

/** The forecasts that are made from one history. */
interface ForecastGroup {
  readonly history: LogstoreHistory;
  /** The first that read one of them. The queries are on its account. */
  readonly namespace: string;
  /** By key of the series. @bound `reading.maxForecasts` in all, a quarter more for namespaces with few | 56 KB each | half of them for a namespace | `reading.maxForecasts` */
  readonly forecasts: Map<string, KeptForecast>;
  failingBy: string | undefined;
}

/** Its queries take the turns of any namespace that reads it. */
const readersOf = ({ forecasts }: ForecastGroup): ReadonlySet<string> =>
  new Set([...forecasts.values()].map(({ namespace }) => namespace));

/** Makes forecasts of the series that are read, and counts the history for them. What is not read costs nothing. */
export class Forecasts {
  readonly #context: ForecastsContext;
  readonly #shares: Shares;
  /** By `historyKey`. @bound as the forecasts | - | {mostHistoriesOfNamespace} of a namespace | `reading.maxForecasts` */
  readonly #groups = new Map<string, ForecastGroup>();
  /** Settles when the forecasts of routes that were counted before are made: some ms each, so one in each turn of the event loop. */
  #learning = Promise.resolve();
  #hasEnded = false;
  #wake: () => void = () => undefined;
  #learnedDelayAtMs = -Infinity;

  constructor(context: ForecastsContext) {
    this.#context = context;
    this.#shares = new Shares(context.maxForecasts / 2);
  }

  /** All that are read, with the history of each. */
  *all(): Iterable<KeptForecast> {
    for (const { forecasts } of this.#groups.values()) yield* forecasts.values();
  }

  /**
   * Returns the outcome as it is now. Reads of all kinds come here, so it never waits.
   *
   * @throws AdapterError if the namespace may not read it, or no forecasts are made: nothing is kept of it
   */
  read(series: Series, namespace: string): Outcome {
    const { sink, clock, monotonicMs } = this.#context;
    const nowMs = monotonicMs();
    const outcome = this.#outcome(series, namespace, nowMs);
    if (outcome instanceof AdapterError) throw outcome;
    if (outcome.kind === 'failed') sink.fail(series, outcome.error, nowMs);
    else {
      const { window, madeAtSeconds = clock.now() / 1000 } = outcome.sample;
      sink.put(series, outcome.sample, {
        plannedAtMs: nowMs,
        delaySeconds: madeAtSeconds - window.endSeconds,
      });
    }
    return outcome;
  }

  /** Waits until the history of a series is counted, or has failed: for commands. */
  async settled(series: readonly Series[], namespace: string, signal: AbortSignal): Promise<void> {
    const { monotonicMs, pause = pauseUntil } = this.#context;
    const isSettled = (one: Series) => {
      this.#outcome(one, namespace, monotonicMs());
      const group = this.#groups.get(historyKey(one));
      if (group === undefined || group.history.error !== undefined) return true;
      return group.history.isLive(one.route) && group.forecasts.get(one.key)?.isLearned === true;
    };
    while (!signal.aborted && !series.every(isSettled)) await pause(50, signal);
  }

  /** Counts minutes until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { pause = pauseUntil, monotonicMs } = this.#context;
    while (!signal.aborted) {
      if (this.#groups.size === 0) {
        await this.#woken(signal);
        continue;
      }
      this.#forgetUnread(monotonicMs());
      this.#learnDelays(signal);
      for (const group of this.#groups.values()) {
        group.history.step(readersOf(group));
        this.#reportFailure(group);
      }
      await pause(stepMs, signal);
    }
    this.#hasEnded = true;
    const groups = [...this.#groups.values()];
    for (const { history } of groups) history.stop();
    await Promise.all(groups.map(({ history }) => history.idle));
  }

  /** Returns an error if the namespace may not read it. */
  #outcome(series: Series, namespace: string, nowMs: number): Outcome | AdapterError {
    const { clock, delaySecondsOf } = this.#context;
    const group = this.#groupOf(series, namespace);
    if (group instanceof AdapterError) return group;
    const known = group.forecasts.get(series.key) ?? this.#add(group, series, namespace);
    if (known instanceof AdapterError) {
      if (group.forecasts.size === 0) this.#groups.delete(historyKey(series));
      return known;
    }
    known.readAtMs = nowMs;
    const { history } = group;
    if (history.isLive(series.route) && known.isLearned)
      return known.outcome(clock.now() / 1000, delaySecondsOf(series), history.error);
    const what = `${series.metric.name} of ${series.route ?? 'the logstore'}: its history is being counted`;
    return failed(
      history.error ?? new AdapterError('ForecastNotReady', `${what}, which takes about a minute`),
    );
  }

  /** Returns the group whose history the series is counted in, a new one if there is none. */
  #groupOf(series: Series, namespace: string): ForecastGroup | AdapterError {
    const { maxForecasts } = this.#context;
    const key = historyKey(series);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const own = [...this.#groups.values()].filter((one) => one.namespace === namespace).length;
    if (own >= mostHistoriesOfNamespace)
      return new AdapterError(
        'LimitExceeded',
        `${shareText(namespace)} reads forecasts with ${own} different logstores, metrics or filters already: at most ${mostHistoriesOfNamespace}`,
      );
    if (maxForecasts === 0) return noForecasts();
    const history = new LogstoreHistory(series, { ...this.#context, onCounted: this.#counted });
    const group = { history, namespace, forecasts: new Map<string, KeptForecast>(), failingBy: undefined };
    this.#groups.set(key, group);
    this.#wake();
    return group;
  }

  #add(
    { history, forecasts }: ForecastGroup,
    series: Series,
    namespace: string,
  ): KeptForecast | AdapterError {
    const { maxForecasts } = this.#context;
    if (!this.#shares.take(namespace)) {
      return new AdapterError(
        'LimitExceeded',
        `${shareText(namespace)} has its share of the ${maxForecasts} forecasts (reading.maxForecasts), at most half of them`,
      );
    }
    const kept = new KeptForecast(series, history.countsOf(series.route), namespace);
    forecasts.set(series.key, kept);
    if (history.isLive(series.route)) this.#learning = this.#learning.then(() => this.#learnNext(kept));
    return kept;
  }

  async #learnNext(kept: KeptForecast): Promise<void> {
    await nextTurn();
    if (!this.#hasEnded) kept.learn(this.#context.clock.now() / 1000);
  }

  readonly #counted: LogstoreHistoryContext['onCounted'] = async (history, routes, isFirst) => {
    const { clock, observer } = this.#context;
    const { project, logstore, metric } = history.series;
    if (isFirst) observer.historyCounted({ project, logstore, metric: metric.name, routes: routes.length });
    const group = [...this.#groups.values()].find((one) => one.history === history);
    if (group === undefined) return;
    const counted = new Set(routes);
    const turns = new Turns();
    for (const kept of group.forecasts.values()) {
      if (counted.has(kept.series.route)) kept.learn(clock.now() / 1000);
      if (turns.isOver()) await turns.next();
    }
  };

  #reportFailure(group: ForecastGroup): void {
    const { error, series } = group.history;
    const { project, logstore, metric } = series;
    if (error !== undefined && error.code !== group.failingBy)
      this.#context.observer.historyFailing({ project, logstore, metric: metric.name, error });
    group.failingBy = error?.code;
  }

  #learnDelays(signal: AbortSignal): void {
    const { monotonicMs, learnDelay } = this.#context;
    const nowMs = monotonicMs();
    if (nowMs - this.#learnedDelayAtMs < learnDelayMs) return;
    this.#learnedDelayAtMs = nowMs;
    const groups = [...this.#groups.values()];
    const namespaces = new Set(groups.map(({ namespace }) => namespace));
    void learnDelay(
      groups.map(({ history }) => history.series),
      signal,
      namespaces,
    );
  }

  #forgetUnread(nowMs: number): void {
    for (const [key, { history, forecasts }] of this.#groups) {
      const unread = [...forecasts].filter(([, kept]) => nowMs - kept.readAtMs >= unreadMs);
      for (const [seriesKey, kept] of unread) {
        forecasts.delete(seriesKey);
        this.#shares.give(kept.namespace);
      }
      if (unread.length > 0)
        history.keepOnly(new Set([...forecasts.values()].map(({ series }) => series.route)));
      if (forecasts.size > 0) continue;
      history.stop();
      this.#groups.delete(key);
    }
  }

  async #woken(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    if (!either.aborted) await once(either, 'abort');
  }
}
