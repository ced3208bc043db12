import { setTimeout as pause } from 'node:timers/promises';
import { toAdapterError, type AdapterError, type ErrorCode } from '../../errors.ts';
import type { LogstoreAddress } from '../../sls/endpoint.ts';
import type { SecondCountQuery, SecondCounts } from '../../sls/second-counts.ts';
import {
  DelayEstimator,
  probeReachSeconds,
  type DelayChange,
  type DelaySettings,
} from './delay-estimator.ts';

export interface DelayLearnerContext {
  /** One SLS request. */
  readonly query: (query: SecondCountQuery, signal: AbortSignal) => Promise<SecondCounts>;
  readonly clock: { now(): number };
  readonly observer: DelayObserver;
}

type LogstoreName = Pick<LogstoreAddress, 'project' | 'logstore'>;

/** Told of changes alone, not of every probe. */
export interface DelayObserver {
  delayLearned(
    event: LogstoreName &
      DelayChange & {
        /** Lines come later than the longest delay. */
        readonly saturated: boolean;
      },
  ): void;
  /** Probes fail, or fail otherwise than before; the delay stands meanwhile. */
  probeFailing(event: LogstoreName & { readonly error: AdapterError }): void;
  probeRecovered(event: LogstoreName): void;
}

/**
 * From probe to probe: at most 4 a minute, and never in step with a collector that ships every so many seconds. 17 is
 * prime to each such number, and the eighth more lets eight probes differ within the second too.
 */
const betweenProbesMs = 17_125;
/** A probe that is due so soon is waited for: whoever asks may do so by a beat of whole seconds. */
const longestWaitMs = 5000;
/** What an answer may take without being later than those of readings. */
const usualAnswerMs = 1000;

/** Probes one logstore, when it is time to, and learns its delay. */
export class DelayLearner {
  readonly address: LogstoreAddress;
  readonly #settings: DelaySettings;
  readonly #context: DelayLearnerContext;
  readonly #estimator: DelayEstimator;
  #sentAtMs = -Infinity;
  #probedAtMs: number | undefined;
  #underWay = false;
  /** Since the last answered probe. */
  #failingBy: ErrorCode | undefined;

  constructor(address: LogstoreAddress, settings: DelaySettings, context: DelayLearnerContext) {
    this.address = address;
    this.#settings = settings;
    this.#context = context;
    this.#estimator = new DelayEstimator(settings);
  }

  get delaySeconds(): number {
    return this.#estimator.delaySeconds;
  }

  /** Lines come later than the longest delay. */
  get saturated(): boolean {
    return this.#estimator.saturated;
  }

  /** When its last answered probe was sent, Unix ms. */
  get probedAtMs(): number | undefined {
    return this.#probedAtMs;
  }

  /** Asks SLS once and learns from the answer, unless it is too early or a probe is under way. Never rejects. */
  async probe(signal: AbortSignal): Promise<void> {
    const waitMs = this.#waitMs();
    if (this.#underWay || waitMs > longestWaitMs) return;
    this.#underWay = true;
    try {
      if (waitMs > 0) await pause(waitMs, undefined, { signal });
      signal.throwIfAborted();
      await this.#ask(signal);
      this.#report(undefined);
    } catch (thrown) {
      if (!signal.aborted) this.#report(toAdapterError(thrown));
    } finally {
      this.#underWay = false;
    }
  }

  /** After the clock was set back, nobody waits for it to catch up. */
  #waitMs(): number {
    const sinceMs = this.#context.clock.now() - this.#sentAtMs;
    return sinceMs < 0 ? 0 : Math.max(0, betweenProbesMs - sinceMs);
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { clock, query, observer } = this.#context;
    const { project, logstore } = this.address;
    const sentAtMs = clock.now();
    this.#sentAtMs = sentAtMs;
    const endSeconds = Math.floor(sentAtMs / 1000);
    const window = { startSeconds: endSeconds - probeReachSeconds(this.#settings), endSeconds };
    const counts = await query({ ...this.address, window, plannedAtSeconds: endSeconds }, signal);
    this.#probedAtMs = sentAtMs;
    // A slow answer may have been counted at any time until it came: what it lacks is taken to have been that late.
    const asOfSeconds = Math.floor(Math.max(sentAtMs, clock.now() - usualAnswerMs) / 1000);
    const change = this.#estimator.observe({ asOfSeconds, window, counts });
    if (change === undefined) return;
    observer.delayLearned({ project, logstore, ...change, saturated: this.saturated });
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
