import { toAdapterError, type AdapterError } from '../errors.ts';
import type { RequestParser } from '../access/request-parser.ts';
import type { ScaleTarget } from '../metric/scale-target.ts';
import { seriesOf } from '../metric/series.ts';
import type { AutoscalerId, NamedMetric } from '../reading/autoscaler-demand.ts';
import type { SeriesBook } from './series-book.ts';
import type { SeriesRecord } from './series-record.ts';

/** One metric that an HPA names. */
export interface AutoscalerMetric {
  readonly metric: string;
  readonly target: ScaleTarget | undefined;
  /** Whose sum it is. */
  readonly records: readonly SeriesRecord[];
  /** Why it will be refused whenever it is read. */
  readonly refusal: AdapterError | undefined;
}

export interface KnownAutoscaler extends AutoscalerId {
  readonly metrics: readonly AutoscalerMetric[];
}

const keyOf = ({ namespace, name }: AutoscalerId) => `${namespace}/${name}`;

/** Which HPAs name which series. */
export class AutoscalerBook {
  readonly #book: SeriesBook;
  readonly #parseRequest: RequestParser;
  readonly #byKey = new Map<string, KnownAutoscaler>();
  readonly #changed = new Set<string>();
  /** Whether changes are kept for somebody. */
  #watched = false;

  constructor(book: SeriesBook, parseRequest: RequestParser) {
    this.#book = book;
    this.#parseRequest = parseRequest;
  }

  all(): IterableIterator<KnownAutoscaler> {
    return this.#byKey.values();
  }

  /** @param metrics all that it names from now on; none where it is gone */
  changed(id: AutoscalerId, metrics: readonly NamedMetric[]): void {
    const key = keyOf(id);
    const { namespace, name } = id;
    const before = this.#byKey.get(key)?.metrics ?? [];
    const after = metrics.map((metric) => this.#understand(namespace, metric));
    for (const record of recordsOf(after)) record.named += 1;
    for (const record of recordsOf(before)) record.named -= 1;
    if (after.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, { namespace, name, metrics: after });
    if (this.#watched) this.#changed.add(key);
  }

  /** Begins or ends to keep changes for `takeChanges`. */
  watch(watched: boolean): void {
    this.#watched = watched;
    this.#changed.clear();
  }

  /** Those that changed since the last look; without metrics: gone. */
  takeChanges(): KnownAutoscaler[] {
    const changed = Array.from(this.#changed, (key) => {
      const [namespace = '', name = ''] = key.split('/');
      return this.#byKey.get(key) ?? { namespace, name, metrics: [] };
    });
    this.#changed.clear();
    return changed;
  }

  #understand(namespace: string, named: NamedMetric): AutoscalerMetric {
    const { name: metric, target } = named;
    try {
      if ('refusal' in named) throw named.refusal;
      const series = seriesOf(this.#parseRequest(metric, namespace, named.requirements));
      const records = series.flatMap((one) => this.#book.of(one) ?? []);
      return { metric, target, records, refusal: undefined };
    } catch (thrown) {
      return { metric, target, records: [], refusal: toAdapterError(thrown) };
    }
  }
}

const recordsOf = (metrics: readonly AutoscalerMetric[]) => metrics.flatMap(({ records }) => records);
