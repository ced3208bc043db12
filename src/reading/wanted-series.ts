import type { Series } from '../metric/series.ts';
import { SeriesKeys } from './series-keys.ts';

/** One series that somebody may want. */
export interface Want {
  readonly series: Series;
  /** When it was last read, Unix ms. */
  lastReadMs: number;
  /** How many autoscalers name it. */
  autoscalers: number;
  /** Whether it is among those wanted: false once it was dropped. */
  listed: boolean;
}

/** For how long after its last read a series counts as wanted. Source: an HPA reads every 15 s. */
const readWantedMs = 120_000;

export type LogstoreName = Pick<Series, 'project' | 'logstore'>;

const nameOf = ({ project, logstore }: Series): LogstoreName => ({ project, logstore });
const idOf = ({ project, logstore }: LogstoreName): string => JSON.stringify([project, logstore]);

/** Which series are wanted: those read lately, and those that an autoscaler names. Grouped by logstore. */
export class WantedSeries {
  readonly #maxSeries: number;
  readonly #keys: SeriesKeys;
  readonly #byLogstore = new Map<string, Map<string, Want>>();
  readonly #byAutoscaler = new Map<string, readonly Want[]>();
  #onLogstore: (logstore: LogstoreName) => void = () => undefined;
  #size = 0;

  /** @param maxSeries more are not listed; they are read, but not kept fresh */
  constructor(maxSeries: number, keys = new SeriesKeys()) {
    this.#maxSeries = maxSeries;
    this.#keys = keys;
  }

  /** @param listener told of each logstore that had no series wanted, and now has; those there already included */
  watchLogstores(listener: (logstore: LogstoreName) => void): void {
    this.#onLogstore = listener;
    for (const wants of this.#byLogstore.values()) {
      const [first] = wants.values();
      if (first !== undefined) listener(nameOf(first.series));
    }
  }

  get size(): number {
    return this.#size;
  }

  /** @param held what the last read of the series returned: with it, nothing is looked up */
  read(series: Series, held: Want | undefined, nowMs: number): Want {
    const want = held?.listed === true ? held : this.#listed(series);
    want.lastReadMs = nowMs;
    return want;
  }

  /**
   * What an autoscaler names from now on; nothing where it is gone.
   *
   * @param autoscaler `{namespace}/{name}`
   */
  name(autoscaler: string, series: readonly Series[]): void {
    const before = this.#byAutoscaler.get(autoscaler) ?? [];
    const wants = series.map((one) => this.#listed(one));
    for (const want of wants) want.autoscalers += 1;
    for (const want of before) want.autoscalers -= 1;
    if (wants.length === 0) this.#byAutoscaler.delete(autoscaler);
    else this.#byAutoscaler.set(autoscaler, wants);
  }

  /** The series of a logstore that are wanted now. Drops the others. */
  take(logstore: LogstoreName, nowMs: number): Series[] {
    const id = idOf(logstore);
    const wants = this.#byLogstore.get(id);
    if (wants === undefined) return [];
    for (const [key, want] of wants) {
      // A time to come is one of before the clock was set back.
      want.lastReadMs = Math.min(want.lastReadMs, nowMs);
      if (want.autoscalers > 0 || nowMs - want.lastReadMs < readWantedMs) continue;
      wants.delete(key);
      want.listed = false;
      this.#size -= 1;
    }
    if (wants.size === 0) this.#byLogstore.delete(id);
    return Array.from(wants.values(), ({ series }) => series);
  }

  /** The one want of a series; where there is no room, one that nobody else sees. */
  #listed(series: Series): Want {
    const id = idOf(series);
    const key = this.#keys.of(series);
    const wants = this.#byLogstore.get(id) ?? new Map<string, Want>();
    const known = wants.get(key);
    if (known !== undefined) return known;
    const listed = this.#size < this.#maxSeries;
    const want = { series, lastReadMs: Number.NEGATIVE_INFINITY, autoscalers: 0, listed };
    if (!listed) return want;
    wants.set(key, want);
    this.#size += 1;
    if (wants.size === 1) {
      this.#byLogstore.set(id, wants);
      this.#onLogstore(nameOf(series));
    }
    return want;
  }
}
