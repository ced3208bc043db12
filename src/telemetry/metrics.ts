import { boundedLabel, countEvents } from './metrics/event-metrics.ts';
import { addForecastGauges, type ForecastsSource } from './metrics/forecast-gauges.ts';
import { MetricRegistry } from './metrics/metric-registry.ts';
import { addSeriesGauges, type SeriesGaugesSource } from './metrics/series-gauges.ts';
import { addStateMetrics, type AdapterState } from './metrics/state-metrics.ts';
import type { Telemetry } from './telemetry.ts';

/** Projects that have a label value of their own. */
const maxProjects = 100;

/** The metrics of one service. A test holds `docs/self-metrics.md` to them. */
export class Metrics extends MetricRegistry {
  readonly #projectOf = boundedLabel(maxProjects, (project) => void this.forget('project', project));

  readonly observer: Partial<Telemetry> = countEvents(this, this.#projectOf);

  /** Adds the gauges that read the given state at each scrape. */
  watch(state: AdapterState): void {
    addStateMetrics(this, this.#projectOf, state);
  }

  watchForecasts(limit: number, source: ForecastsSource): void {
    addForecastGauges(this, limit, source);
  }

  watchSeries(limit: number, source: SeriesGaugesSource): void {
    addSeriesGauges(this, limit, source);
  }
}
