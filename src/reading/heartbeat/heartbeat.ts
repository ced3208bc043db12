import { pauseUntil } from '../../runtime/back-off.ts';
import type { Window } from '../../metric/sample.ts';
import type { HeartbeatLines } from '../../sls/heartbeat-lines.ts';
import type { LineCounts } from '../../sls/second-counts.ts';
import type { LogstoreName } from '../pace/read-beats.ts';

/**
 * `proving`: lines of heartbeats are found. `waiting`: none was found yet. `failing`: the requests get no answer.
 * `unlogged`: they get one, and other lines come, but not theirs. `unindexed`: queries could not leave them out, so none is
 * sent. Only in the first state heartbeats prove anything.
 */
export const heartbeatStates = ['proving', 'waiting', 'failing', 'unlogged', 'unindexed'] as const;
type HeartbeatState = (typeof heartbeatStates)[number];

export type HeartbeatStatus = LogstoreName & { readonly state: HeartbeatState };

export interface HeartbeatObserver {
  /** Notified of changes only. */
  heartbeatChanged(event: HeartbeatStatus & { readonly url: string; readonly reason?: string }): void;
}

interface HeartbeatContext {
  readonly url: URL;
  readonly userAgent: string;
  readonly lines: HeartbeatLines;
  /** Sends one request; rejects if it got no answer. */
  readonly send: (url: URL, userAgent: string, signal: AbortSignal) => Promise<void>;
  /** Default: by timers. */
  readonly pause?: (pauseMs: number, signal: AbortSignal) => Promise<void>;
  readonly clock: { now(): number };
  readonly monotonicMs: () => number;
  readonly observer: HeartbeatObserver;
}

/** Shorter than the shortest gap that is silence, so that a gap is one of heartbeats too. */
const heartbeatPeriodMs = 2000;
/** Heartbeats are sent for this long after the last reading of their logstore. */
const wantedMs = 60_000;
/** Half an hour of them. */
const maxAnswered = 900;
/** A single failure is no state. */
const failuresInRow = 3;
/** So many answered requests without a line, though later lines of others came, are not logged in this logstore. */
const unloggedRequests = 20;
/** The longest delay that is learned. */
const arrivalSeconds = 60;

/**
 * Requests to the ingress whose lines show that the log arrives, while the logstore is read. docs/heartbeat.md
 */
export class Heartbeat {
  readonly #context: HeartbeatContext;
  #wantedAtMs = -Infinity;
  /**
   * When requests were answered, Unix seconds, oldest first.
   *
   * @bound {maxAnswered} seconds | - | - | a constant
   */
  #answered: readonly number[] = [];
  #failures = 0;
  #lastFailure: string | undefined;
  /** Unix second of the newest line of a heartbeat to the same address. */
  #newestSeconds = -Infinity;
  #isUnlogged = false;
  #reported: HeartbeatState = 'waiting';

  constructor(context: HeartbeatContext) {
    this.#context = context;
  }

  get status(): HeartbeatStatus {
    const { project, logstore } = this.#context.lines.log;
    return { project, logstore, state: this.#state };
  }

  get #state(): HeartbeatState {
    if (this.#context.lines.isIndexed === false) return 'unindexed';
    if (this.#failures >= failuresInRow) return 'failing';
    if (this.#isUnlogged) return 'unlogged';
    return this.#newestSeconds > -Infinity ? 'proving' : 'waiting';
  }

  /** Tells that a logstore is read. */
  want(logstore: LogstoreName): void {
    if (this.#context.lines.isIn(logstore)) this.#wantedAtMs = this.#context.monotonicMs();
  }

  /** Sends heartbeats while they are wanted, one at a time. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { monotonicMs, pause = pauseUntil } = this.#context;
    while (!signal.aborted) {
      const startMs = monotonicMs();
      if (startMs - this.#wantedAtMs < wantedMs && this.#context.lines.isIndexed === true)
        await this.#send(signal);
      this.#report();
      await pause(Math.max(0, heartbeatPeriodMs - (monotonicMs() - startMs)), signal);
    }
  }

  /** Looks for lines of heartbeats in what SLS counted. */
  find(
    logstore: LogstoreName,
    { endSeconds }: Window,
    { lines, heartbeats, ownHeartbeats }: LineCounts,
  ): void {
    if (!this.#context.lines.isIn(logstore)) return;
    const newest = Math.max(-Infinity, ...ownHeartbeats.keys());
    if (newest > this.#newestSeconds) {
      this.#newestSeconds = newest;
      this.#isUnlogged = false;
    }
    const arrivedSeconds = endSeconds - arrivalSeconds;
    const unlogged = this.#answered.filter((at) => at > this.#newestSeconds && at < arrivedSeconds);
    const sinceSeconds = unlogged[unloggedRequests - 1] ?? Infinity;
    const isOther = ([second, count]: readonly [number, number]) =>
      second > sinceSeconds && second < arrivedSeconds && count > (heartbeats.get(second) ?? 0);
    if ([...lines].some(isOther)) this.#isUnlogged = true;
  }

  /** Returns when requests were answered whose lines must be in the logstore, Unix seconds; none if that is not certain. */
  answeredIn(logstore: LogstoreName): readonly number[] {
    const isCertain =
      this.#context.lines.isIn(logstore) && this.#newestSeconds > -Infinity && !this.#isUnlogged;
    return isCertain ? this.#answered : [];
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { url, userAgent, send, clock } = this.#context;
    try {
      await send(url, userAgent, signal);
      const nowSeconds = clock.now() / 1000;
      // Later ones are from before the clock was set back.
      const earlier = this.#answered.filter((at) => at <= nowSeconds);
      this.#answered = [...earlier, nowSeconds].slice(-maxAnswered);
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      this.#failures += 1;
      this.#lastFailure = error instanceof Error ? error.message : String(error);
    }
  }

  #report(): void {
    const state = this.#state;
    if (state === this.#reported) return;
    this.#reported = state;
    const reason = state === 'failing' ? { reason: this.#lastFailure ?? '' } : {};
    this.#context.observer.heartbeatChanged({ ...this.status, url: this.#context.url.href, ...reason });
  }
}
