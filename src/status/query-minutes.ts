import type { ErrorCode } from '../errors.ts';

/** What happened within one minute. */
export interface QueryMinute {
  /** Unix time, a multiple of 60. */
  readonly startSeconds: number;
  /** Reads of the external metrics API. */
  readonly reads: number;
  /** SLS queries that were answered. */
  readonly ok: number;
  /** Those that were not, by error code; a canceled one counts as neither. */
  readonly failed: Readonly<Partial<Record<ErrorCode, number>>>;
}

interface Counting extends QueryMinute {
  reads: number;
  ok: number;
  readonly failed: Partial<Record<ErrorCode, number>>;
}

const minuteMs = 60_000;
export const keptMinutes = 60;

/** Counts the SLS queries and the reads of the last hour, minute by minute. */
export class QueryMinutes {
  readonly #minutes: Counting[] = [];

  read(nowMs: number): void {
    this.#minuteOf(nowMs).reads += 1;
  }

  query(outcome: 'ok' | ErrorCode, nowMs: number): void {
    if (outcome === 'Canceled') return;
    const minute = this.#minuteOf(nowMs);
    if (outcome === 'ok') minute.ok += 1;
    else minute.failed[outcome] = (minute.failed[outcome] ?? 0) + 1;
  }

  /** The latest last; minutes in which nothing happened are absent. */
  last(count: number, nowMs: number): QueryMinute[] {
    const fromSeconds = (Math.floor(nowMs / minuteMs) - count + 1) * 60;
    return this.#minutes.filter(({ startSeconds }) => startSeconds >= fromSeconds);
  }

  #minuteOf(nowMs: number): Counting {
    const startSeconds = Math.floor(nowMs / minuteMs) * 60;
    const latest = this.#minutes.at(-1);
    // A clock that was set back counts on in the latest minute.
    if (latest !== undefined && latest.startSeconds >= startSeconds) return latest;
    const minute: Counting = { startSeconds, reads: 0, ok: 0, failed: {} };
    this.#minutes.push(minute);
    if (this.#minutes.length > keptMinutes) this.#minutes.shift();
    return minute;
  }
}
