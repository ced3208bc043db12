import { toAdapterError, type AdapterError } from '../errors.ts';
import type { RequestParser } from '../access/request-parser.ts';
import type { AutoscalerName, ExternalMetricRef, ScaleTarget } from '../metric/external-metric-ref.ts';
import type { SeriesTracker, TrackedSeries } from './series-tracker.ts';

/** One external metric that an HPA names. */
export interface AutoscalerMetric {
  readonly metric: string;
  readonly target: ScaleTarget | undefined;
  /** The HPA scales on the sum of these. */
  readonly series: readonly TrackedSeries[];
  /** Why every read of it will be refused; undefined if reads are accepted. */
  readonly refusal: AdapterError | undefined;
}

export interface TrackedAutoscaler extends AutoscalerName {
  readonly metrics: readonly AutoscalerMetric[];
}

/** Follows which HPAs name which series. */
export class AutoscalerTracker {
  readonly #series: SeriesTracker;
  readonly #parseRequest: RequestParser;
  readonly #byKey = new Map<string, TrackedAutoscaler>();
  readonly #changed = new Map<string, TrackedAutoscaler>();
  #recordsChanges = false;

  constructor(series: SeriesTracker, parseRequest: RequestParser) {
    this.#series = series;
    this.#parseRequest = parseRequest;
  }

  all(): IterableIterator<TrackedAutoscaler> {
    return this.#byKey.values();
  }

  /** @param metrics all external metrics that the HPA names from now on; empty if it is gone */
  changed({ namespace, name }: AutoscalerName, metrics: readonly ExternalMetricRef[]): void {
    const key = `${namespace}/${name}`;
    const before = this.#byKey.get(key)?.metrics ?? [];
    const after = metrics.map((metric) => this.#parse(namespace, metric));
    for (const series of seriesIn(after)) series.hpaMetrics += 1;
    for (const series of seriesIn(before)) series.hpaMetrics -= 1;
    const autoscaler = { namespace, name, metrics: after };
    if (after.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, autoscaler);
    if (this.#recordsChanges) this.#changed.set(key, autoscaler);
  }

  /** Starts or stops recording changes for `takeChanges`. */
  recordChanges(enabled: boolean): void {
    this.#recordsChanges = enabled;
    this.#changed.clear();
  }

  /** Returns the HPAs that changed since the last call. An HPA that is gone has no metrics. */
  takeChanges(): TrackedAutoscaler[] {
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    return changed;
  }

  #parse(namespace: string, named: ExternalMetricRef): AutoscalerMetric {
    const { name: metric, target } = named;
    try {
      if ('refusal' in named) throw named.refusal;
      const { series } = this.#parseRequest(metric, namespace, named.requirements);
      const tracked = series.flatMap((one) => this.#series.track(one) ?? []);
      return { metric, target, series: tracked, refusal: undefined };
    } catch (thrown) {
      return { metric, target, series: [], refusal: toAdapterError(thrown) };
    }
  }
}

const seriesIn = (metrics: readonly AutoscalerMetric[]) => metrics.flatMap(({ series }) => series);
