import { toAdapterError, type AdapterError } from '../errors.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import type { RequestParser } from '../access/request-parser.ts';
import { seriesOf, type Series } from '../metric/series.ts';
import type { SeriesBook } from './series-book.ts';
import type { SeriesRecord } from './series-record.ts';

/** One read, as it was asked for. */
export interface ReadName {
  readonly namespace: string;
  readonly metric: string;
  /** As written. */
  readonly selector: string;
}

/** A read that is refused before SLS is asked. */
export interface RefusedRead extends ReadName {
  readonly error: AdapterError;
  readonly lastReadMs: number;
}

interface KnownRead extends ReadName {
  lastReadMs: number;
  readonly error: AdapterError | undefined;
  readonly series: readonly Series[];
  records: readonly SeriesRecord[];
}

/** For how long after its last read a read counts. Source: as `WantedSeries`, an HPA reads every 15 s. */
const readCountsMs = 120_000;

/** One a series, and some to spare; what is read besides is not told of. */
const maxKnownReads = 20_000;
const maxRefusedReads = 500;

type BySelector = Map<string, KnownRead>;

/** Which namespaces read what. A read that is known costs three look-ups. */
export class Reads {
  readonly #book: SeriesBook;
  readonly #parseRequest: RequestParser;
  readonly #byMetric = new Map<string, Map<string, BySelector>>();
  #size = 0;
  #refused = 0;

  constructor(book: SeriesBook, parseRequest: RequestParser) {
    this.#book = book;
    this.#parseRequest = parseRequest;
  }

  finished(name: ReadName, nowMs: number): void {
    const { namespace, metric, selector } = name;
    const known = this.#byMetric.get(metric)?.get(namespace)?.get(selector) ?? this.#add(name, nowMs);
    if (known === undefined) return;
    known.lastReadMs = nowMs;
    if (known.records.some(({ gone }) => gone)) this.#link(known);
    for (const record of known.records) this.#readBy(record, namespace);
  }

  /** Forgets what is no longer read. */
  look(nowMs: number): void {
    for (const [metric, namespaces] of this.#byMetric) {
      for (const [namespace, selectors] of namespaces) {
        for (const known of selectors.values()) if (isOver(known, nowMs)) this.#forget(selectors, known);
        if (selectors.size === 0) namespaces.delete(namespace);
      }
      if (namespaces.size === 0) this.#byMetric.delete(metric);
    }
  }

  /** Those of the last minutes. */
  refused(): RefusedRead[] {
    const refused: RefusedRead[] = [];
    if (this.#refused === 0) return refused;
    for (const { error, ...known } of this.#all()) if (error !== undefined) refused.push({ ...known, error });
    return refused;
  }

  *#all(): Generator<KnownRead, void, undefined> {
    for (const namespaces of this.#byMetric.values())
      for (const selectors of namespaces.values()) yield* selectors.values();
  }

  #add(name: ReadName, nowMs: number): KnownRead | undefined {
    if (this.#size >= maxKnownReads) return undefined;
    const { namespace, metric, selector } = name;
    const understood = this.#understand(name);
    if (understood.error !== undefined && this.#refused >= maxRefusedReads) return undefined;
    const known: KnownRead = { namespace, metric, selector, lastReadMs: nowMs, records: [], ...understood };
    this.#size += 1;
    if (known.error !== undefined) this.#refused += 1;
    below(below(this.#byMetric, metric), namespace).set(selector, known);
    this.#link(known);
    return known;
  }

  #understand({ namespace, metric, selector }: ReadName): Pick<KnownRead, 'error' | 'series'> {
    try {
      const request = this.#parseRequest(metric, namespace, parseLabelSelector(selector));
      return { error: undefined, series: seriesOf(request) };
    } catch (thrown) {
      return { error: toAdapterError(thrown), series: [] };
    }
  }

  #link(known: KnownRead): void {
    known.records = known.series.flatMap((series) => this.#book.of(series) ?? []);
  }

  #readBy(record: SeriesRecord, namespace: string): void {
    if (record.readers.includes(namespace)) return;
    record.readers = [...record.readers, namespace];
    this.#book.rowChanged(record);
  }

  #forget(selectors: BySelector, known: KnownRead): void {
    selectors.delete(known.selector);
    this.#size -= 1;
    if (known.error !== undefined) this.#refused -= 1;
    for (const record of known.records) {
      // Whoever else there still reads it is back with the next read.
      record.readers = record.readers.filter((namespace) => namespace !== known.namespace);
      this.#book.rowChanged(record);
    }
  }
}

/** A time to come is one of before the clock was set back. */
const isOver = ({ lastReadMs }: KnownRead, nowMs: number) => Math.abs(nowMs - lastReadMs) >= readCountsMs;

function below<Inner>(outer: Map<string, Map<string, Inner>>, key: string): Map<string, Inner> {
  const inner = outer.get(key) ?? new Map<string, Inner>();
  outer.set(key, inner);
  return inner;
}
