import type { ErrorCode } from '../errors.ts';

/** Reads and SLS queries of one minute. */
export interface QueryMinute {
  /** Unix time, a multiple of 60. */
  readonly startSeconds: number;
  /** Reads of the external metrics API. */
  reads: number;
  /** SLS queries that succeeded. */
  ok: number;
  /** SLS queries that failed, by error code. A canceled query counts as neither. */
  readonly failed: Partial<Record<ErrorCode, number>>;
}

const minuteMs = 60_000;
export const keptMinutes = 60;

/** Counts the reads and SLS queries of each minute of the last hour. */
export class QueryMinutes {
  /** @bound {keptMinutes} | - | - | a constant */
  readonly #minutes: QueryMinute[] = [];

  read(nowMs: number): void {
    this.#minuteOf(nowMs).reads += 1;
  }

  query(outcome: 'ok' | ErrorCode, nowMs: number): void {
    if (outcome === 'Canceled') return;
    const minute = this.#minuteOf(nowMs);
    if (outcome === 'ok') minute.ok += 1;
    else minute.failed[outcome] = (minute.failed[outcome] ?? 0) + 1;
  }

  /** Returns the minutes in ascending order, without those in which nothing happened. */
  last(count: number, nowMs: number): QueryMinute[] {
    const fromSeconds = (Math.floor(nowMs / minuteMs) - count + 1) * 60;
    return this.#minutes.filter(({ startSeconds }) => startSeconds >= fromSeconds);
  }

  #minuteOf(nowMs: number): QueryMinute {
    const startSeconds = Math.floor(nowMs / minuteMs) * 60;
    const latest = this.#minutes.at(-1);
    // After the clock was set back, the latest minute goes on counting.
    if (latest !== undefined && latest.startSeconds >= startSeconds) return latest;
    const minute: QueryMinute = { startSeconds, reads: 0, ok: 0, failed: {} };
    this.#minutes.push(minute);
    if (this.#minutes.length > keptMinutes) this.#minutes.shift();
    return minute;
  }
}
