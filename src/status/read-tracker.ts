import type { RequestParser } from '../access/access-check.ts';
import type { ReadName } from '../api/read/external-metrics.ts';
import { toAdapterError, type AdapterError } from '../errors.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import { bytesOf, type Series } from '../metric/series.ts';
import { isRecent, type SeriesTracker } from './series-tracker.ts';

/** A read that is refused before SLS is queried. */
export interface RefusedRead extends ReadName {
  readonly error: AdapterError;
}

interface TrackedRead extends ReadName {
  lastReadMs: number;
  readonly error: AdapterError | undefined;
  readonly series: readonly Series[];
  readonly bytes: number;
}

/** One for each series, and some to spare. Further reads are not tracked. */
const maxReads = 20_000;
const maxBytes = 32 * 1024 * 1024;
const maxRefusedReads = 500;
const maxRefusedBytes = 1024 * 1024;

/** Follows which namespaces read which series, and which reads are refused. */
export class ReadTracker {
  readonly #series: SeriesTracker;
  readonly #parseRequest: RequestParser;
  /** @bound {maxReads} reads, of which {maxRefusedReads} refused | {maxBytes}, {maxRefusedBytes} of refused ones | those of the last minutes | constants */
  readonly #reads = new Map<string, TrackedRead>();
  #refused = 0;
  #refusedBytes = 0;
  #bytes = 0;

  constructor(series: SeriesTracker, parseRequest: RequestParser) {
    this.#series = series;
    this.#parseRequest = parseRequest;
  }

  finished(name: ReadName, nowMs: number): void {
    const { namespace, metric, selector } = name;
    const key = JSON.stringify([namespace, metric, selector]);
    const read = this.#reads.get(key) ?? this.#add(key, name, nowMs);
    if (read === undefined) return;
    read.lastReadMs = nowMs;
    for (const series of read.series) this.#series.read(series, namespace, nowMs);
  }

  /** Forgets reads that are not made any more. */
  update(nowMs: number): void {
    for (const [key, read] of this.#reads) {
      if (isRecent(read.lastReadMs, nowMs)) continue;
      this.#reads.delete(key);
      this.#count(read, -1);
    }
  }

  refused(): RefusedRead[] {
    if (this.#refused === 0) return [];
    return [...this.#reads.values()].flatMap(({ namespace, metric, selector, error }) =>
      error === undefined ? [] : { namespace, metric, selector, error },
    );
  }

  #add(key: string, name: ReadName, nowMs: number): TrackedRead | undefined {
    if (this.#reads.size >= maxReads || this.#bytes >= maxBytes) return undefined;
    const { series, error } = this.#parsed(name);
    // The selector is in the key too.
    const bytes = series.reduce((sum, one) => sum + bytesOf(one), 2 * key.length);
    const isOneTooMany = this.#refused >= maxRefusedReads || this.#refusedBytes + bytes > maxRefusedBytes;
    if (this.#bytes + bytes > maxBytes || (error !== undefined && isOneTooMany)) return undefined;
    const read: TrackedRead = { ...name, lastReadMs: nowMs, error, series, bytes };
    this.#reads.set(key, read);
    this.#count(read, 1);
    return read;
  }

  #parsed({ namespace, metric, selector }: ReadName): Pick<TrackedRead, 'series' | 'error'> {
    try {
      const { series } = this.#parseRequest(metric, namespace, parseLabelSelector(selector));
      return { series, error: undefined };
    } catch (thrown) {
      return { series: [], error: toAdapterError(thrown) };
    }
  }

  #count({ error, bytes }: TrackedRead, change: 1 | -1): void {
    this.#bytes += change * bytes;
    if (error === undefined) return;
    this.#refused += change;
    this.#refusedBytes += change * bytes;
  }
}
