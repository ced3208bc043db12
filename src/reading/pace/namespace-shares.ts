import { AdapterError } from '../../errors.ts';
import type { Series } from '../../metric/series.ts';
import { namerOf, shareText } from '../../runtime/shares.ts';

export interface NamespaceLimits {
  readonly maxSeries: number;
  readonly maxLogstores: number;
  readonly maxProjects: number;
}

/** What one namespace reads. */
interface Share {
  /**
   * Key → the series, the newest last.
   *
   * @bound `reading.maxSeries` in all | 512 bytes of keys for each series that is allowed | `reading.perNamespace.maxSeries` | `reading.perNamespace`
   */
  readonly series: Map<string, Series>;
  bytes: number;
  /**
   * `{project}/{logstore}` → how many of the series are of it.
   *
   * @bound as the series | - | `reading.perNamespace.maxLogstores` | `reading.perNamespace`
   */
  readonly logstores: Map<string, number>;
  /** @bound as the series | - | `reading.perNamespace.maxProjects` | `reading.perNamespace` */
  readonly projects: Map<string, number>;
}

/** The namespaces that one client of KEDA's port names, or one namespace by itself: see `namerOf`. */
interface Named {
  /** @bound {mostNamed} namespaces that a client of KEDA's port names | - | - | a constant */
  readonly shares: Map<string, Share>;
  /** Series of all of them. */
  size: number;
}

/** A cluster has fewer. They are searched when there is no room at all. */
const mostNamed = 2000;

/** Of the key of a series, on average. A usual key has 200. */
const bytesOfSeries = 512;

/** Counts what each namespace reads, so that none takes all the room. A series counts for each namespace that reads it. */
export class NamespaceShares {
  readonly #limits: NamespaceLimits;
  /** By `namerOf` the share. @bound one for each namespace that reads | - | - | `reading.maxSeries` */
  readonly #named = new Map<string, Named>();
  /** Of all namespaces together. Set here only. */
  size = 0;

  constructor(limits: NamespaceLimits) {
    this.#limits = limits;
  }

  has(namespace: string, { key }: Series): boolean {
    return this.#shareOf(namespace)?.series.has(key) === true;
  }

  /** Returns why the namespace may not read this series besides those that it reads; undefined if it may. */
  refusal(namespace: string, { key, project, logstore }: Series): AdapterError | undefined {
    const share = this.#shareOf(namespace);
    if (share === undefined && (this.#named.get(namerOf(namespace))?.shares.size ?? 0) >= mostNamed)
      return new AdapterError(
        'LimitExceeded',
        `${namerOf(namespace)} reads for ${mostNamed} namespaces already: at most ${mostNamed}`,
      );
    if (namespace === '' || share === undefined || share.series.has(key)) return undefined;
    const { maxSeries, maxLogstores, maxProjects } = this.#limits;
    const exceeded = (what: string, most: string, setting: string) =>
      new AdapterError(
        'LimitExceeded',
        `${shareText(namespace)} reads ${what} already: at most ${most} (reading.perNamespace.${setting})`,
      );
    if (share.series.size >= maxSeries) return exceeded(`${maxSeries} series`, `${maxSeries}`, 'maxSeries');
    const maxBytes = maxSeries * bytesOfSeries;
    if (share.bytes + key.length > maxBytes)
      return exceeded(
        'series with long labels',
        `${maxBytes} bytes of labels, 512 for each series`,
        'maxSeries',
      );
    if (share.projects.size >= maxProjects && !share.projects.has(project))
      return exceeded(`series of ${maxProjects} projects`, `${maxProjects}`, 'maxProjects');
    if (share.logstores.size >= maxLogstores && !share.logstores.has(`${project}/${logstore}`))
      return exceeded(`series of ${maxLogstores} logstores`, `${maxLogstores}`, 'maxLogstores');
    return undefined;
  }

  add(namespace: string, series: Series): void {
    const named = this.#named.get(namerOf(namespace)) ?? { shares: new Map<string, Share>(), size: 0 };
    this.#named.set(namerOf(namespace), named);
    const share = named.shares.get(namespace) ?? {
      ...{ series: new Map<string, Series>(), bytes: 0 },
      ...{ logstores: new Map<string, number>(), projects: new Map<string, number>() },
    };
    named.shares.set(namespace, share);
    if (share.series.has(series.key)) return;
    share.series.set(series.key, series);
    this.#count(named, share, series, 1);
  }

  remove(namespace: string, series: Series): void {
    const namer = namerOf(namespace);
    const named = this.#named.get(namer);
    const share = named?.shares.get(namespace);
    if (named === undefined || share?.series.delete(series.key) !== true) return;
    this.#count(named, share, series, -1);
    if (share.series.size === 0) named.shares.delete(namespace);
    if (named.size === 0) this.#named.delete(namer);
  }

  /**
   * Returns the newest series of the namespace that reads the most, if that reads at least two more than the other one. The
   * namespaces that one client of KEDA's port names give some only as far as the client reads more than others.
   */
  ofLargest(other: string): { readonly namespace: string; readonly series: Series } | undefined {
    const own = this.#named.get(namerOf(other));
    const [, most] = largest(this.#named, ({ size }) => size) ?? [];
    const named = (most?.size ?? 0) < (own?.size ?? 0) + 2 ? own : most;
    const [namespace, share] = largest(named?.shares, ({ series }) => series.size) ?? [];
    const [size, ofOther] = [share?.series.size ?? 0, this.#shareOf(other)?.series.size ?? 0];
    const series = [...(share?.series.values() ?? [])].at(-1);
    if (namespace === undefined || series === undefined) return undefined;
    return named === own && size < ofOther + 2 ? undefined : { namespace, series };
  }

  #shareOf(namespace: string): Share | undefined {
    return this.#named.get(namerOf(namespace))?.shares.get(namespace);
  }

  #count(named: Named, share: Share, { key, project, logstore }: Series, change: 1 | -1): void {
    this.size += change;
    named.size += change;
    share.bytes += change * key.length;
    for (const [counts, name] of [
      [share.logstores, `${project}/${logstore}`],
      [share.projects, project],
    ] as const) {
      const count = (counts.get(name) ?? 0) + change;
      if (count === 0) counts.delete(name);
      else counts.set(name, count);
    }
  }
}

function largest<T>(
  entries: ReadonlyMap<string, T> | undefined,
  sizeOf: (entry: T) => number,
): readonly [string, T] | undefined {
  let found: readonly [string, T] | undefined;
  for (const one of entries ?? []) if (found === undefined || sizeOf(one[1]) > sizeOf(found[1])) found = one;
  return found;
}
