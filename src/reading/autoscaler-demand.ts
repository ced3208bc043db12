import type { RequestParser } from '../access/request-parser.ts';
import { toAdapterError, type AdapterError } from '../errors.ts';
import type { AutoscalerName, ExternalMetricRef } from '../metric/external-metric-ref.ts';
import type { Series } from '../metric/series.ts';
import type { WantedSeries } from './wanted-series.ts';

export interface AutoscalerDemandObserver {
  /** Reads of this metric will be refused. Called once for each change of the autoscaler. */
  autoscalerMetricRefused(
    event: AutoscalerName & { readonly metric: string; readonly error: AdapterError },
  ): void;
}

/** Keeps fresh the series that the autoscalers of the cluster name, even before they are read. */
export class AutoscalerDemand {
  readonly #wanted: WantedSeries;
  readonly #parseRequest: RequestParser;
  readonly #observer: AutoscalerDemandObserver;

  constructor(wanted: WantedSeries, parseRequest: RequestParser, observer: AutoscalerDemandObserver) {
    this.#wanted = wanted;
    this.#parseRequest = parseRequest;
    this.#observer = observer;
  }

  /** @param metrics all that the autoscaler names now; empty if it was deleted */
  changed(autoscaler: AutoscalerName, metrics: readonly ExternalMetricRef[]): void {
    const series = metrics.flatMap((metric) => this.#seriesOf(autoscaler, metric));
    this.#wanted.name(`${autoscaler.namespace}/${autoscaler.name}`, series);
  }

  #seriesOf({ namespace, name }: AutoscalerName, metric: ExternalMetricRef): readonly Series[] {
    try {
      if ('refusal' in metric) throw metric.refusal;
      return this.#parseRequest(metric.name, namespace, metric.requirements).series;
    } catch (thrown) {
      const error = toAdapterError(thrown);
      this.#observer.autoscalerMetricRefused({ namespace, name, metric: metric.name, error });
      return [];
    }
  }
}
