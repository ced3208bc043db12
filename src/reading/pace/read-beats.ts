import type { Series } from '../../metric/series.ts';
import { Beat } from './beat.ts';

export type LogstoreName = Pick<Series, 'project' | 'logstore'>;

/** A read that a reader's beat lets expect. */
export interface DueRead {
  readonly series: Series;
  /** Monotonic ms. */
  readonly dueMs: number;
}

/** Whose reads have a beat. */
export interface SeriesReader {
  readonly namespace: string;
  readonly user: string;
}

interface ReadSeries {
  readonly series: Series;
  /** That of its first read. */
  readonly namespace: string;
  /**
   * By namespace and user.
   *
   * @bound {maxReaders} readers of a series | - | - | a constant
   */
  readonly beats: Map<string, Beat>;
}

interface LogstoreBeats {
  /**
   * Key of the series → its readers.
   *
   * @bound in all logstores `reading.maxSeries` | - | a quarter for each namespace | `reading.maxSeries`
   */
  readonly series: Map<string, ReadSeries>;
  /** Whether the listener was told, and refreshes go on. */
  isPaced: boolean;
}

/** Further readers of a series are served, but no refresh waits for their reads. */
const maxReaders = 4;
/** The share of all series that the reads of one namespace may have. */
const namespaceShare = 1 / 4;

/** Neither name can contain a slash. */
const idOf = ({ project, logstore }: LogstoreName): string => `${project}/${logstore}`;

/**
 * Learns, by logstore, when each reader reads each series. A new series displaces no other, because the delay of a logstore
 * is learned while its reads have a beat, and no namespace may take all the room.
 */
export class ReadBeats {
  readonly #maxSeries: number;
  /** @bound as their series | - | a quarter for each namespace | `reading.maxSeries` */
  readonly #byLogstore = new Map<string, LogstoreBeats>();
  /**
   * Namespace → series that it was the first to read.
   *
   * @bound as the series | - | - | `reading.maxSeries`
   */
  readonly #ofNamespace = new Map<string, number>();
  #onBeat: (logstore: LogstoreName) => void = () => undefined;
  #onUnsteady: (series: Series) => void = () => undefined;
  #size = 0;

  /** @param maxSeries further series are served, but no refresh waits for their reads */
  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** The number of series that were read within the last minutes. */
  get size(): number {
    return this.#size;
  }

  /** @param listener called when reads of a logstore begin to have a beat, and again after `due` returned none */
  onBeat(listener: (logstore: LogstoreName) => void): void {
    this.#onBeat = listener;
  }

  /** @param listener called at each read of a reader that reads again and again, but without a beat */
  onUnsteady(listener: (series: Series) => void): void {
    this.#onUnsteady = listener;
  }

  read(series: Series, reader: SeriesReader, nowMs: number): void {
    const logstore = this.#logstoreOf(series);
    const beat = this.#beatOf(logstore, series, reader);
    if (beat === undefined) return;
    beat.read(nowMs);
    if (beat.isUnsteady) this.#onUnsteady(series);
    if (logstore.isPaced || beat.nextMs(nowMs) === undefined) return;
    logstore.isPaced = true;
    this.#onBeat({ project: series.project, logstore: series.logstore });
  }

  /** Returns the next read of each reader, the first to come first, and forgets the readers that are gone. */
  due(name: LogstoreName, nowMs: number): DueRead[] {
    const id = idOf(name);
    const logstore = this.#byLogstore.get(id);
    if (logstore === undefined) return [];
    const due: DueRead[] = [];
    for (const [key, { series, namespace, beats }] of logstore.series) {
      for (const [reader, beat] of beats) {
        if (beat.isGone(nowMs)) beats.delete(reader);
        const dueMs = beat.nextMs(nowMs);
        if (dueMs !== undefined) due.push({ series, dueMs });
      }
      if (beats.size > 0) continue;
      logstore.series.delete(key);
      this.#count(namespace, -1);
    }
    if (logstore.series.size === 0) this.#byLogstore.delete(id);
    logstore.isPaced = due.length > 0;
    return due.sort((a, b) => a.dueMs - b.dueMs);
  }

  #logstoreOf(series: Series): LogstoreBeats {
    const id = idOf(series);
    const known = this.#byLogstore.get(id);
    if (known !== undefined) return known;
    const added: LogstoreBeats = { series: new Map(), isPaced: false };
    if (this.#size < this.#maxSeries) this.#byLogstore.set(id, added);
    return added;
  }

  /** Returns undefined if there is no room. */
  #beatOf(logstore: LogstoreBeats, series: Series, { namespace, user }: SeriesReader): Beat | undefined {
    let readers = logstore.series.get(series.key);
    if (readers === undefined) {
      const ofNamespace = this.#ofNamespace.get(namespace) ?? 0;
      if (this.#size >= this.#maxSeries || ofNamespace >= this.#maxSeries * namespaceShare) return undefined;
      readers = { series, namespace, beats: new Map() };
      logstore.series.set(series.key, readers);
      this.#count(namespace, 1);
    }
    const reader = `${namespace}/${user}`;
    const known = readers.beats.get(reader);
    if (known !== undefined || readers.beats.size >= maxReaders) return known;
    const beat = new Beat();
    readers.beats.set(reader, beat);
    return beat;
  }

  #count(namespace: string, change: 1 | -1): void {
    this.#size += change;
    const ofNamespace = (this.#ofNamespace.get(namespace) ?? 0) + change;
    if (ofNamespace === 0) this.#ofNamespace.delete(namespace);
    else this.#ofNamespace.set(namespace, ofNamespace);
  }
}
