import type { RequestParser } from '../access/access-check.ts';
import type { ReadName } from '../api/read/external-metrics.ts';
import { toAdapterError, type AdapterError } from '../errors.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import type { Series } from '../metric/series.ts';
import { isRecent, type SeriesTracker } from './series-tracker.ts';

/** A read that is refused before SLS is queried. */
export interface RefusedRead extends ReadName {
  readonly error: AdapterError;
}

interface TrackedRead extends ReadName {
  lastReadMs: number;
  error: AdapterError | undefined;
  series: readonly Series[];
}

/** One for each series, and some to spare. Further reads are not tracked. */
const maxReads = 20_000;
const maxRefusedReads = 500;

/** Follows which namespaces read which series, and which reads are refused. */
export class ReadTracker {
  readonly #series: SeriesTracker;
  readonly #parseRequest: RequestParser;
  /** @bound {maxReads} reads, of which {maxRefusedReads} refused | the selectors of what was read lately | - | a constant */
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
    for (const series of read.series) this.#series.read(series, namespace, nowMs);
  }

  /** Forgets reads that are not made any more. */
  update(nowMs: number): void {
    for (const [key, { lastReadMs, error }] of this.#reads) {
      if (isRecent(lastReadMs, nowMs)) continue;
      this.#reads.delete(key);
      if (error !== undefined) this.#refused -= 1;
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
    const read: TrackedRead = {
      namespace,
      metric,
      selector,
      lastReadMs: nowMs,
      error: undefined,
      series: [],
    };
    try {
      read.series = this.#parseRequest(metric, namespace, parseLabelSelector(selector)).series;
    } catch (thrown) {
      if (this.#refused >= maxRefusedReads) return undefined;
      this.#refused += 1;
      read.error = toAdapterError(thrown);
    }
    this.#reads.set(key, read);
    return read;
  }
}
