import type { AdapterError } from '../../errors.ts';
import type { Series } from '../../metric/series.ts';
import { namerOf } from '../../runtime/shares.ts';
import { Beat } from './beat.ts';
import { NamespaceShares, type NamespaceLimits } from './namespace-shares.ts';

export type LogstoreName = Pick<Series, 'project' | 'logstore'>;

/** A read that a reader's beat lets expect. */
export interface DueRead {
  readonly series: Series;
  /** Whose reader it is. */
  readonly namespace: string;
  /** Monotonic ms. */
  readonly dueMs: number;
}

/** Whose reads have a beat. */
export interface SeriesReader {
  readonly namespace: string;
  readonly user: string;
}

interface Reader extends SeriesReader {
  readonly beat: Beat;
}

interface ReadSeries {
  readonly series: Series;
  /** @bound {maxReaders} readers of a series | - | - | a constant */
  readers: readonly Reader[];
}

interface LogstoreBeats {
  /**
   * Key of the series → its readers.
   *
   * @bound in all logstores `reading.maxSeries` | as the shares of namespaces | `reading.perNamespace` | `reading.maxSeries`
   */
  readonly series: Map<string, ReadSeries>;
  /** Whether the listener was told, and refreshes go on. */
  isPaced: boolean;
}

/** Further readers of a series are served, but no refresh waits for their reads. */
const maxReaders = 4;
/** Between two searches in all logstores for readers that are gone. */
const betweenSweepsMs = 10_000;

/** Neither name can contain a slash. */
const idOf = ({ project, logstore }: LogstoreName): string => `${project}/${logstore}`;

/**
 * Learns, by logstore, when each reader reads each series. A namespace reads as many series as its share allows; those that
 * it read first keep their places. If there is no room at all, the namespace that reads the most gives some.
 */
export class ReadBeats {
  readonly #maxSeries: number;
  readonly #shares: NamespaceShares;
  /** @bound as their series | - | `reading.perNamespace` | `reading.maxSeries` */
  readonly #byLogstore = new Map<string, LogstoreBeats>();
  #sweptMs = -Infinity;
  #onBeat: (logstore: LogstoreName) => void = () => undefined;
  #onUnsteady: (series: Series, namespace: string) => void = () => undefined;

  /**
   * @param maxSeries of all namespaces together: further series are served, but no refresh waits for their reads
   * @param ofNamespace default: the same
   */
  constructor(
    maxSeries: number,
    ofNamespace: NamespaceLimits = { maxSeries, maxLogstores: Infinity, maxProjects: Infinity },
  ) {
    this.#maxSeries = maxSeries;
    this.#shares = new NamespaceShares(ofNamespace);
  }

  /** Returns the number of series that were read within the last minutes, once for each namespace. */
  size(nowMs: number): number {
    this.#forgetAllGone(nowMs);
    return this.#shares.size;
  }

  /** @param listener called when reads of a logstore begin to have a beat, and again after `due` returned none */
  onBeat(listener: (logstore: LogstoreName) => void): void {
    this.#onBeat = listener;
  }

  /** @param listener called at each read of a reader that reads again and again, but without a beat */
  onUnsteady(listener: (series: Series, namespace: string) => void): void {
    this.#onUnsteady = listener;
  }

  /** Returns why the namespace may not read this series besides those that it reads; undefined if it may. */
  read(series: Series, reader: SeriesReader, nowMs: number): AdapterError | undefined {
    const id = idOf(series);
    const readers = this.#byLogstore.get(id)?.series.get(series.key)?.readers;
    const known = readers?.find(
      ({ user, namespace }) => user === reader.user && namespace === reader.namespace,
    );
    const beat = known?.beat ?? this.#addReader(series, reader, nowMs);
    if (!(beat instanceof Beat)) return beat;
    beat.read(nowMs);
    if (beat.isUnsteady) this.#onUnsteady(series, reader.namespace);
    const logstore = this.#byLogstore.get(id);
    if (logstore === undefined || logstore.isPaced || beat.nextMs(nowMs) === undefined) return undefined;
    logstore.isPaced = true;
    this.#onBeat({ project: series.project, logstore: series.logstore });
    return undefined;
  }

  /** Returns the next read of each reader, the first to come first, and forgets the readers that are gone. */
  due(name: LogstoreName, nowMs: number): DueRead[] {
    const id = idOf(name);
    const logstore = this.#byLogstore.get(id);
    if (logstore === undefined) return [];
    this.#forgetGone(id, logstore, nowMs);
    const due: DueRead[] = [];
    for (const { series, readers } of logstore.series.values()) {
      for (const { namespace, beat } of readers) {
        const dueMs = beat.nextMs(nowMs);
        if (dueMs !== undefined) due.push({ series, namespace, dueMs });
      }
    }
    logstore.isPaced = due.length > 0;
    return due.sort((a, b) => a.dueMs - b.dueMs);
  }

  /** Returns undefined if there is no room; the refusal if that is for the share of the namespace. */
  #addReader(series: Series, reader: SeriesReader, nowMs: number): Beat | AdapterError | undefined {
    const { namespace, user } = reader;
    const isFull = () => this.#shares.size >= this.#maxSeries && !this.#shares.has(namespace, series);
    let refusal = this.#shares.refusal(namespace, series);
    if ((refusal !== undefined || isFull()) && this.#sweep(nowMs))
      refusal = this.#shares.refusal(namespace, series);
    if (refusal !== undefined) return refusal;
    if (isFull()) this.#dropOfLargest(namespace);
    if (isFull()) return undefined;
    const id = idOf(series);
    const logstore = this.#byLogstore.get(id) ?? { series: new Map<string, ReadSeries>(), isPaced: false };
    const read: ReadSeries = logstore.series.get(series.key) ?? { series, readers: [] };
    if (read.readers.length >= maxReaders) {
      const dropped = dropFor(namespace, read.readers);
      if (dropped === undefined) return undefined;
      this.#forget(logstore, read, (one) => one === dropped);
    }
    const beat = new Beat();
    read.readers = [...read.readers, { namespace, user, beat }];
    logstore.series.set(series.key, read);
    this.#byLogstore.set(id, logstore);
    this.#shares.add(namespace, series);
    return beat;
  }

  /** Forgets the readers of all logstores that are gone: only where reads are due, they are looked for all the time. */
  #sweep(nowMs: number): boolean {
    if (nowMs - this.#sweptMs < betweenSweepsMs) return false;
    this.#sweptMs = nowMs;
    this.#forgetAllGone(nowMs);
    return true;
  }

  #forgetAllGone(nowMs: number): void {
    for (const [id, logstore] of this.#byLogstore) this.#forgetGone(id, logstore, nowMs);
  }

  #forgetGone(id: string, logstore: LogstoreBeats, nowMs: number): void {
    for (const read of logstore.series.values())
      this.#forget(logstore, read, ({ beat }) => beat.isGone(nowMs));
    if (logstore.series.size === 0) this.#byLogstore.delete(id);
  }

  #dropOfLargest(other: string): void {
    const dropped = this.#shares.ofLargest(other);
    const logstore = dropped && this.#byLogstore.get(idOf(dropped.series));
    const read = logstore?.series.get(dropped?.series.key ?? '');
    if (logstore !== undefined && read !== undefined)
      this.#forget(logstore, read, ({ namespace }) => namespace === dropped?.namespace);
  }

  #forget(logstore: LogstoreBeats, read: ReadSeries, isForgotten: (one: Reader) => boolean): void {
    const { series, readers } = read;
    if (!readers.some(isForgotten)) return;
    read.readers = readers.filter((one) => !isForgotten(one));
    for (const { namespace } of readers)
      if (!read.readers.some((one) => one.namespace === namespace)) this.#shares.remove(namespace, series);
    if (read.readers.length === 0) logstore.series.delete(series.key);
  }
}

/** Returns a reader of a client that has several, see `namerOf`, unless the namespace is of one that has any. */
function dropFor(namespace: string, readers: readonly Reader[]): Reader | undefined {
  const byNamer = Map.groupBy(readers, (one) => namerOf(one.namespace));
  if (byNamer.has(namerOf(namespace))) return undefined;
  return [...byNamer.values()].find((ofOne) => ofOne.length > 1)?.at(-1);
}
