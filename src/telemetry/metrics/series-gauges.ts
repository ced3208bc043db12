import { filterText, type Series } from '../../metric/series.ts';
import { youngSample, type StoredSeries } from '../../reading/sample-store.ts';
import type { GaugeValue, MetricRegistry } from './metric-registry.ts';

export interface SeriesGaugesSource {
  readonly all: () => Iterable<StoredSeries>;
  /** How long after its query was planned a reading of the project may be served. */
  readonly maxStaleMsOf: (project: string) => number;
  readonly monotonicMs: () => number;
}

/**
 * Chooses the series whose readings are exposed as gauges, up to a limit. A chosen series keeps its gauge as long as
 * its reading may be served, so that the graphs in Prometheus have no gaps.
 */
export class SeriesGauges {
  readonly #limit: number;
  readonly #source: SeriesGaugesSource;
  /** @bound `telemetry.maxSeriesValues` | names of the series | - | `telemetry.maxSeriesValues` */
  #chosen = new Map<string, GaugeValue['labels']>();
  /** How many series had no room in the last `read`. Set there only. */
  leftOut = 0;

  constructor(limit: number, source: SeriesGaugesSource) {
    this.#limit = limit;
    this.#source = source;
  }

  read(): GaugeValue[] {
    const servable = new Map<string, StoredSeries>();
    for (const stored of this.#source.all())
      if (this.#isServable(stored)) servable.set(stored.series.key, stored);
    this.#chosen = new Map([...this.#chosen].filter(([key]) => servable.has(key)));
    for (const [key, { series }] of servable) {
      if (this.#chosen.size >= this.#limit) break;
      if (!this.#chosen.has(key)) this.#chosen.set(key, labelsOf(series));
    }
    this.leftOut = servable.size - this.#chosen.size;
    return Array.from(this.#chosen, ([key, labels]) => ({
      labels,
      value: servable.get(key)?.last?.sample.value,
    }));
  }

  #isServable(stored: StoredSeries): boolean {
    const { monotonicMs, maxStaleMsOf } = this.#source;
    return youngSample(stored, maxStaleMsOf(stored.series.project), monotonicMs()) !== undefined;
  }
}

/** Two series that differ have different labels. A label that the series does not set is left out. */
const labels: Readonly<Record<string, (series: Series) => string | undefined>> = {
  metric: ({ metric }) => metric.name,
  project: ({ project }) => project,
  logstore: ({ logstore }) => logstore,
  route: ({ route }) => route,
  host: ({ filters }) => filters.host && filterText(filters.host),
  method: ({ filters }) => filters.method && filterText(filters.method),
  status: ({ filters }) => filters.status && filterText(filters.status),
  own: ({ filters: { own } }) => own && String(new URLSearchParams(own)),
  interval: ({ intervalSeconds }) => String(intervalSeconds),
  delay: ({ delaySeconds }) => delaySeconds?.toString(),
  window: ({ windowMode }) => windowMode,
  internal: ({ internalEndpoint }) => internalEndpoint?.toString(),
  ahead: ({ forecast }) => forecast?.aheadSeconds.toString(),
  quantile: ({ forecast }) => forecast?.quantile.toString(),
};

export const seriesLabelNames = Object.keys(labels);

export const labelsOf = (series: Series): GaugeValue['labels'] =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([name, valueOf]) => {
      const value = valueOf(series);
      return value === undefined ? [] : [[name, value]];
    }),
  );

export function addSeriesGauges(registry: MetricRegistry, limit: number, source: SeriesGaugesSource): void {
  const gauges = new SeriesGauges(limit, source);
  registry.gauge(
    'external_metric_value',
    seriesLabelNames,
    'The last reading of each series that may still be served, in the unit of its metric.',
    () => gauges.read(),
  );
  registry.gauge(
    'external_metric_values_left_out',
    [],
    'Series that may be served and have no gauge, for want of room (telemetry.maxSeriesValues).',
    () => gauges.leftOut,
  );
}
