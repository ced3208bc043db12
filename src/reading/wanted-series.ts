import type { Series } from '../metric/series.ts';

/** A series that is read, or that an autoscaler names. */
interface Want {
  readonly series: Series;
  /** Unix ms. */
  lastReadMs: number;
  autoscalers: number;
}

/** How long after its last read a series is refreshed. An HPA reads every 15 s. */
const readWantedMs = 120_000;

/** The share of all series that the autoscalers of one namespace may name. */
const namespaceShare = 1 / 4;

/** Reads add no series beyond this share. The rest is for series that autoscalers name. */
const readShare = 1 / 2;

export type LogstoreName = Pick<Series, 'project' | 'logstore'>;

/** Neither name can contain a slash. */
const idOf = ({ project, logstore }: LogstoreName): string => `${project}/${logstore}`;

/**
 * The series to keep fresh, by logstore: those read in the last two minutes, and those that an autoscaler names. The delay of
 * a logstore is learned while it has one, so no user may take all the room, and a newcomer displaces no other.
 */
export class WantedSeries {
  readonly #maxSeries: number;
  /** Logstore → key of the series → want. */
  readonly #byLogstore = new Map<string, Map<string, Want>>();
  readonly #byAutoscaler = new Map<string, readonly Want[]>();
  #onLogstore: (logstore: LogstoreName) => void = () => undefined;
  /** Namespace → series that its autoscalers name. */
  readonly #named = new Map<string, number>();
  #size = 0;

  /** @param maxSeries further series are served when they are read, but not kept fresh */
  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  get size(): number {
    return this.#size;
  }

  /** @param listener called for each logstore with wanted series: at once for those known, later when it gets its first */
  watchLogstores(listener: (logstore: LogstoreName) => void): void {
    this.#onLogstore = listener;
    for (const wants of this.#byLogstore.values()) {
      const [first] = wants.values();
      if (first !== undefined) listener(nameOf(first.series));
    }
  }

  read(series: Series, nowMs: number): void {
    const want = this.#add(series, Math.ceil(this.#maxSeries * readShare));
    if (want !== undefined) want.lastReadMs = nowMs;
  }

  /**
   * Replaces the series that an autoscaler names.
   *
   * @param autoscaler `{namespace}/{name}`
   * @param series empty if the autoscaler was deleted
   */
  name(autoscaler: string, series: readonly Series[]): void {
    const namespace = autoscaler.slice(0, autoscaler.indexOf('/'));
    const before = this.#byAutoscaler.get(autoscaler) ?? [];
    const byOthers = (this.#named.get(namespace) ?? 0) - before.length;
    const room = Math.max(0, Math.ceil(this.#maxSeries * namespaceShare) - byOthers);
    const wants = series.slice(0, room).flatMap((one) => this.#add(one, this.#maxSeries) ?? []);
    if (byOthers + wants.length === 0) this.#named.delete(namespace);
    else this.#named.set(namespace, byOthers + wants.length);
    for (const want of wants) want.autoscalers += 1;
    for (const want of before) want.autoscalers -= 1;
    if (wants.length === 0) this.#byAutoscaler.delete(autoscaler);
    else this.#byAutoscaler.set(autoscaler, wants);
  }

  /** Returns the wanted series of a logstore, and drops those that are no longer wanted. */
  take(logstore: LogstoreName, nowMs: number): Series[] {
    const id = idOf(logstore);
    const wants = this.#byLogstore.get(id);
    if (wants === undefined) return [];
    for (const [key, want] of wants) {
      // A time in the future is from before the clock was set back.
      want.lastReadMs = Math.min(want.lastReadMs, nowMs);
      if (want.autoscalers > 0 || nowMs - want.lastReadMs < readWantedMs) continue;
      wants.delete(key);
      this.#size -= 1;
    }
    if (wants.size === 0) this.#byLogstore.delete(id);
    return Array.from(wants.values(), ({ series }) => series);
  }

  /** Returns undefined if there is no room. */
  #add(series: Series, mostSeries: number): Want | undefined {
    const id = idOf(series);
    const wants = this.#byLogstore.get(id) ?? new Map<string, Want>();
    const known = wants.get(series.key);
    if (known !== undefined || this.#size >= mostSeries) return known;
    const want = { series, lastReadMs: Number.NEGATIVE_INFINITY, autoscalers: 0 };
    wants.set(series.key, want);
    this.#size += 1;
    if (wants.size === 1) {
      this.#byLogstore.set(id, wants);
      this.#onLogstore(nameOf(series));
    }
    return want;
  }
}

const nameOf = ({ project, logstore }: Series): LogstoreName => ({ project, logstore });
