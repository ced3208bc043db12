import { AdapterError } from '../../errors.ts';
import type { Series } from '../../metric/series.ts';
import { shareText } from '../../runtime/shares.ts';

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

/** Of the key of a series, on average. A usual key has 200. */
const bytesOfSeries = 512;

/** Counts what each namespace reads, so that none takes all the room. A series counts for each namespace that reads it. */
export class NamespaceShares {
  readonly #limits: NamespaceLimits;
  /** @bound one for each namespace that reads | - | - | `reading.maxSeries` */
  readonly #shares = new Map<string, Share>();
  /** Of all namespaces together. Set here only. */
  size = 0;

  constructor(limits: NamespaceLimits) {
    this.#limits = limits;
  }

  has(namespace: string, { key }: Series): boolean {
    return this.#shares.get(namespace)?.series.has(key) === true;
  }

  /** Returns why the namespace may not read this series besides those that it reads; undefined if it may. */
  refusal(namespace: string, { key, project, logstore }: Series): AdapterError | undefined {
    const share = this.#shares.get(namespace);
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
    const share = this.#shares.get(namespace) ?? {
      ...{ series: new Map<string, Series>(), bytes: 0 },
      ...{ logstores: new Map<string, number>(), projects: new Map<string, number>() },
    };
    this.#shares.set(namespace, share);
    if (share.series.has(series.key)) return;
    share.series.set(series.key, series);
    this.#count(share, series, 1);
  }

  remove(namespace: string, series: Series): void {
    const share = this.#shares.get(namespace);
    if (share?.series.delete(series.key) !== true) return;
    this.#count(share, series, -1);
    if (share.series.size === 0) this.#shares.delete(namespace);
  }

  /** Returns the newest series of the namespace that reads the most, if that reads at least two more than the other one. */
  ofLargest(other: string): { readonly namespace: string; readonly series: Series } | undefined {
    const sizeOf = (namespace: string) => this.#shares.get(namespace)?.series.size ?? 0;
    const namespace = [...this.#shares.keys()].reduce(
      (largest, one) => (sizeOf(one) > sizeOf(largest) ? one : largest),
      other,
    );
    const series = [...(this.#shares.get(namespace)?.series.values() ?? [])].at(-1);
    if (series === undefined || sizeOf(namespace) < sizeOf(other) + 2) return undefined;
    return { namespace, series };
  }

  #count(share: Share, { key, project, logstore }: Series, change: 1 | -1): void {
    this.size += change;
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
