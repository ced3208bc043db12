import type { RequestParser } from '../access/request-parser.ts';
import type { ReadName } from '../api/read/external-metrics.ts';
import { toAdapterError, type AdapterError } from '../errors.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import type { Series } from '../metric/series.ts';
import type { SeriesTracker, TrackedSeries } from './series-tracker.ts';

/** A read that is refused before SLS is queried. */
export interface RefusedRead extends ReadName {
  readonly error: AdapterError;
}

interface TrackedRead extends ReadName {
  lastReadMs: number;
  readonly error: AdapterError | undefined;
  readonly series: readonly Series[];
  tracked: readonly TrackedSeries[];
}

/** How long a read counts after it was last made. As in `WantedSeries`: an HPA reads every 15 s. */
const readCountsMs = 120_000;

/** One for each series, and some to spare. Further reads are not tracked. */
const maxReads = 20_000;
const maxRefusedReads = 500;

/** Follows which namespaces read which series, and which reads are refused. */
export class ReadTracker {
  readonly #series: SeriesTracker;
  readonly #parseRequest: RequestParser;
  readonly #reads = new Map<string, TrackedRead>();
  #refused = 0;

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
    if (read.tracked.some(({ dropped }) => dropped)) this.#link(read);
    for (const series of read.tracked) this.#addReader(series, namespace);
  }

  /** Forgets reads that are not made any more. */
  update(nowMs: number): void {
    for (const [key, read] of this.#reads) {
      // A read from the future was made before the clock was set back.
      if (Math.abs(nowMs - read.lastReadMs) >= readCountsMs) this.#forget(key, read);
    }
  }

  refused(): RefusedRead[] {
    if (this.#refused === 0) return [];
    return [...this.#reads.values()].flatMap(({ namespace, metric, selector, error }) =>
      error === undefined ? [] : { namespace, metric, selector, error },
    );
  }

  #add(key: string, { namespace, metric, selector }: ReadName, nowMs: number): TrackedRead | undefined {
    if (this.#reads.size >= maxReads) return undefined;
    const parsed = this.#parse({ namespace, metric, selector });
    if (parsed.error !== undefined && this.#refused >= maxRefusedReads) return undefined;
    const read: TrackedRead = { namespace, metric, selector, lastReadMs: nowMs, tracked: [], ...parsed };
    if (read.error !== undefined) this.#refused += 1;
    this.#reads.set(key, read);
    this.#link(read);
    return read;
  }

  #parse({ namespace, metric, selector }: ReadName): Pick<TrackedRead, 'error' | 'series'> {
    try {
      const { series } = this.#parseRequest(metric, namespace, parseLabelSelector(selector));
      return { error: undefined, series };
    } catch (thrown) {
      return { error: toAdapterError(thrown), series: [] };
    }
  }

  #link(read: TrackedRead): void {
    read.tracked = read.series.flatMap((series) => this.#series.track(series) ?? []);
  }

  #addReader(series: TrackedSeries, namespace: string): void {
    if (series.readers.includes(namespace)) return;
    series.readers = [...series.readers, namespace];
    this.#series.rowChanged(series);
  }

  #forget(key: string, { namespace, error, tracked }: TrackedRead): void {
    this.#reads.delete(key);
    if (error !== undefined) this.#refused -= 1;
    for (const series of tracked) {
      // If another read of this namespace still reads it, its next read adds the namespace again.
      series.readers = series.readers.filter((reader) => reader !== namespace);
      this.#series.rowChanged(series);
    }
  }
}
