import { toAdapterError, type AdapterError, type ErrorCode } from '../../errors.ts';
import { pauseUntil } from '../../runtime/back-off.ts';
import type { CountedLogstore, SecondCountQuery, SecondCounts } from '../../sls/second-counts.ts';
import type { LogstoreName } from '../pace/read-beats.ts';
import {
  DelayEstimator,
  probeReachSeconds,
  type DelayChange,
  type DelaySettings,
} from './delay-estimator.ts';
import { trialSeconds } from './remembered-probe.ts';

export interface DelayLearnerContext {
  /** Sends one SLS request. */
  readonly query: (query: SecondCountQuery, signal: AbortSignal) => Promise<SecondCounts>;
  readonly clock: { now(): number };
  readonly monotonicMs: () => number;
  /** Default: by timers. */
  readonly pause?: (pauseMs: number, signal: AbortSignal) => Promise<void>;
  readonly observer: DelayObserver;
}

/** Notified of changes only, not of every probe. */
export interface DelayObserver {
  delayLearned(
    event: LogstoreName &
      DelayChange & {
        /** Lines come later than the longest delay. */
        readonly saturated: boolean;
      },
  ): void;
  /** Probes begin to fail, or fail with another code. The delay stays as it is meanwhile. */
  probeFailing(event: LogstoreName & { readonly error: AdapterError }): void;
  probeRecovered(event: LogstoreName): void;
}

/**
 * At most 4 probes a minute, and never in step with a collector that ships every few seconds: 17 is prime to every such
 * period, and with an eighth of a second more, eight probes fall on different fractions of a second too.
 */
const betweenProbesMs = 17_125;
/** Once the delay has been steady for `steadyMs`, one probe a minute shows whether that changes. */
const betweenSteadyProbesMs = 59_125;
const steadyMs = 10 * 60_000;
/** A probe that is due within this time is waited for, because callers may come in steps of whole seconds. */
const longestWaitMs = 5000;
/** An answer within this time counts as of when the probe was sent, as with readings. */
const usualAnswerMs = 1000;

/** Probes one logstore and learns its delay. */
export class DelayLearner {
  readonly address: CountedLogstore;
  /** When the last answered probe was sent, monotonic ms. Set here only. */
  probedAtMs: number | undefined;
  /** When the delay was last raised, monotonic ms. Set here only. */
  raisedAtMs = -Infinity;
  readonly #settings: DelaySettings;
  readonly #context: DelayLearnerContext;
  readonly #estimator: DelayEstimator;
  #sentAtMs = -Infinity;
  #steadySinceMs = Infinity;
  #isProbing = false;
  /** The code of the last probe, if it failed. */
  #failingBy: ErrorCode | undefined;

  constructor(address: CountedLogstore, settings: DelaySettings, context: DelayLearnerContext) {
    this.address = address;
    this.#settings = settings;
    this.#context = context;
    this.#estimator = new DelayEstimator(settings);
  }

  /** Whether lines come later than the longest delay. */
  get saturated(): boolean {
    return this.#estimator.saturated;
  }

  /** Whether probes were sent, and SLS answered none: the logstore may not exist. */
  get isUnanswered(): boolean {
    return this.probedAtMs === undefined && this.#failingBy !== undefined;
  }

  get delaySeconds(): number {
    return this.#estimator.delaySeconds;
  }

  /**
   * Sends one probe and learns from it, unless it is too early or a probe is in flight. Never rejects.
   *
   * @returns whether the delay changed
   */
  async probe(signal: AbortSignal, namespaces: ReadonlySet<string> = new Set()): Promise<boolean> {
    const waitMs = this.#waitMs();
    if (this.#isProbing || waitMs > longestWaitMs) return false;
    this.#isProbing = true;
    try {
      const { pause = pauseUntil } = this.#context;
      if (waitMs > 0) await pause(waitMs, signal);
      signal.throwIfAborted();
      const change = await this.#send(signal, namespaces);
      this.#report(undefined);
      return change !== undefined;
    } catch (thrown) {
      if (!signal.aborted) this.#report(toAdapterError(thrown));
      return false;
    } finally {
      this.#isProbing = false;
    }
  }

  #waitMs(): number {
    return Math.max(0, this.#betweenMs() - (this.#context.monotonicMs() - this.#sentAtMs));
  }

  #betweenMs(): number {
    const isSteady = this.#sentAtMs - this.#steadySinceMs >= steadyMs;
    // A probe shows what an earlier one missed only if it reaches back to the trials of that one.
    const reachesBack =
      this.delaySeconds + trialSeconds + betweenSteadyProbesMs / 1000 <= probeReachSeconds(this.#settings);
    return isSteady && reachesBack ? betweenSteadyProbesMs : betweenProbesMs;
  }

  async #send(signal: AbortSignal, namespaces: ReadonlySet<string>): Promise<DelayChange | undefined> {
    const { clock, monotonicMs, query, observer } = this.#context;
    const { project, logstore } = this.address;
    const sentAtMs = monotonicMs();
    this.#sentAtMs = sentAtMs;
    const endSeconds = Math.floor(clock.now() / 1000);
    const window = { startSeconds: endSeconds - probeReachSeconds(this.#settings), endSeconds };
    const counts = await query({ ...this.address, window, plannedAtSeconds: endSeconds, namespaces }, signal);
    this.probedAtMs = sentAtMs;
    // SLS may have counted a slow probe at any time until its answer. Take the latest: the delay may then be too long,
    // but not too short.
    const asOfSeconds = Math.max(endSeconds, Math.floor((clock.now() - usualAnswerMs) / 1000));
    const change = this.#estimator.observe({ asOfSeconds, window, counts });
    this.#steadySinceMs = this.#estimator.isSteady ? Math.min(this.#steadySinceMs, sentAtMs) : Infinity;
    if (change === undefined) return undefined;
    if (change.delaySeconds > change.beforeSeconds) this.raisedAtMs = sentAtMs;
    observer.delayLearned({ project, logstore, ...change, saturated: this.saturated });
    return change;
  }

  #report(error: AdapterError | undefined): void {
    const { observer } = this.#context;
    const { project, logstore } = this.address;
    if (error === undefined) {
      if (this.#failingBy !== undefined) observer.probeRecovered({ project, logstore });
    } else if (error.code !== this.#failingBy) {
      observer.probeFailing({ project, logstore, error });
    }
    this.#failingBy = error?.code;
  }
}
