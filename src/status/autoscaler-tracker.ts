import { toAdapterError, type AdapterError } from '../errors.ts';
import type { RequestParser } from '../access/access-check.ts';
import type { AutoscalerName, ExternalMetricRef, ScaleTarget } from '../metric/external-metric-ref.ts';
import type { SeriesTracker, TrackedSeries } from './series-tracker.ts';
import type { FailureStatus } from './status-document.ts';

/** One external metric that an HPA names. */
export interface AutoscalerMetric {
  readonly metric: string;
  readonly target: ScaleTarget | undefined;
  /** The HPA scales on the sum of these. */
  readonly series: readonly TrackedSeries[];
  /** Why every read of it will be refused, without the stack of the error; undefined if reads are accepted. */
  readonly refusal: FailureStatus | undefined;
}

export const failureOf = ({ code, what, remedy }: AdapterError): FailureStatus => ({ code, what, remedy });

export interface TrackedAutoscaler extends AutoscalerName {
  readonly metrics: readonly AutoscalerMetric[];
}

/** Follows which HPAs name which series. */
export class AutoscalerTracker {
  readonly #series: SeriesTracker;
  readonly #parseRequest: RequestParser;
  /** @bound HPAs of which the watch reports the metrics | names and refusals | 20,000 metrics of a namespace, 4 MiB of their text | a constant */
  readonly #byKey = new Map<string, TrackedAutoscaler>();
  /**
   * Undefined while no changes are recorded.
   *
   * @bound as `#byKey` | - | as `#byKey` | a constant
   */
  #changed: Map<string, TrackedAutoscaler> | undefined;

  constructor(series: SeriesTracker, parseRequest: RequestParser) {
    this.#series = series;
    this.#parseRequest = parseRequest;
  }

  all(): IterableIterator<TrackedAutoscaler> {
    return this.#byKey.values();
  }

  /** Returns the series that HPAs name. */
  namedSeries(): ReadonlySet<TrackedSeries> {
    const metrics = [...this.#byKey.values()].flatMap((autoscaler) => autoscaler.metrics);
    return new Set(metrics.flatMap(({ series }) => series));
  }

  /** @param metrics all external metrics that the HPA names from now on; empty if it is gone */
  changed({ namespace, name }: AutoscalerName, metrics: readonly ExternalMetricRef[]): void {
    const key = `${namespace}/${name}`;
    const autoscaler = { namespace, name, metrics: metrics.map((metric) => this.#parse(namespace, metric)) };
    if (metrics.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, autoscaler);
    this.#changed?.set(key, autoscaler);
  }

  /** Starts or stops recording changes for `takeChanges`. */
  recordChanges(enabled: boolean): void {
    this.#changed = enabled ? new Map() : undefined;
  }

  /** Returns the HPAs that changed since the last call. An HPA that is gone has no metrics. */
  takeChanges(): TrackedAutoscaler[] {
    const changed = [...(this.#changed?.values() ?? [])];
    this.#changed?.clear();
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
      return { metric, target, series: [], refusal: failureOf(toAdapterError(thrown)) };
    }
  }
}
