import type { ErrorCode } from '../errors.ts';

/** Reads and SLS queries of one minute. */
export interface QueryMinute {
  /** Unix time, a multiple of 60. */
  readonly startSeconds: number;
  /** Reads of the external metrics API: as many queries as one per read would be. */
  reads: number;
  /** Reads that got a reading. */
  served: number;
  /** The mean age of these readings, from the end of their window to the read. */
  meanAgeSeconds: number;
  /** Queries sent before reads that were due, retries not counted. */
  due: number;
  /** Queries that a read waited for, retries not counted. The others measure the delay, or are retries. */
  cold: number;
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

  /** @param ageMs undefined if the read failed */
  read(ageMs: number | undefined, nowMs: number): void {
    const minute = this.#minuteOf(nowMs);
    minute.reads += 1;
    if (ageMs === undefined) return;
    minute.served += 1;
    minute.meanAgeSeconds += (ageMs / 1000 - minute.meanAgeSeconds) / minute.served;
  }

  batch(reason: 'due' | 'read', nowMs: number): void {
    this.#minuteOf(nowMs)[reason === 'due' ? 'due' : 'cold'] += 1;
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
    const minute: QueryMinute = {
      startSeconds,
      ...{ reads: 0, served: 0, meanAgeSeconds: 0, due: 0, cold: 0, ok: 0 },
      failed: {},
    };
    this.#minutes.push(minute);
    if (this.#minutes.length > keptMinutes) this.#minutes.shift();
    return minute;
  }
}
