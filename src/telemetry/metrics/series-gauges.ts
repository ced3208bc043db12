import { filterEntries } from '../../metric/line-filters.ts';
import type { Series } from '../../metric/series.ts';
import type { StoredSeries } from '../../reading/sample-store.ts';
import type { GaugeValue, MetricRegistry } from './metric-registry.ts';

export interface SeriesGaugesSource {
  readonly all: () => Iterable<StoredSeries>;
  /** How long after its query was planned a reading of the project may be served. */
  readonly maxStaleMsOf: (project: string) => number;
  readonly clock: { now(): number };
}

/**
 * Chooses the series whose readings are exposed as gauges, up to a limit. A chosen series keeps its gauge as long as
 * its reading may be served, so that the graphs in Prometheus have no gaps.
 */
export class SeriesGauges {
  readonly #limit: number;
  readonly #source: SeriesGaugesSource;
  #chosen = new Map<string, GaugeValue['labels']>();
  #leftOut = 0;

  constructor(limit: number, source: SeriesGaugesSource) {
    this.#limit = limit;
    this.#source = source;
  }

  read(): GaugeValue[] {
    const servable = this.#servable();
    const before = [...this.#chosen].filter(([key]) => servable.has(key));
    this.#chosen = new Map(before);
    for (const [key, { series }] of servable) {
      if (this.#chosen.size >= this.#limit) break;
      if (!this.#chosen.has(key)) this.#chosen.set(key, labelsOf(series));
    }
    this.#leftOut = servable.size - this.#chosen.size;
    return [...servable].flatMap(([key, { value }]) => {
      const labels = this.#chosen.get(key);
      return labels === undefined ? [] : { labels, value };
    });
  }

  /** How many series had no room in the last `read`. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Returns the series whose readings may be served now, by key. */
  #servable(): Map<string, { readonly series: Series; readonly value: number }> {
    const { all, clock, maxStaleMsOf } = this.#source;
    const nowMs = clock.now();
    const servable = new Map<string, { readonly series: Series; readonly value: number }>();
    for (const { series, last } of all()) {
      if (last === undefined) continue;
      const ageMs = nowMs - last.run.plannedAtMs;
      if (ageMs >= 0 && ageMs < maxStaleMsOf(series.project))
        servable.set(series.key, { series, value: last.sample.value });
    }
    return servable;
  }
}

/** Returns labels that differ whenever the series differ. A label that the series does not set is left out. */
function labelsOf(series: Series): GaugeValue['labels'] {
  const { metric, project, logstore, route, filters, intervalSeconds, delaySeconds, internalEndpoint } =
    series;
  return {
    metric: metric.name,
    project,
    logstore,
    ...(route === undefined ? {} : { route }),
    ...Object.fromEntries(filterEntries(filters)),
    interval: String(intervalSeconds),
    ...(delaySeconds === undefined ? {} : { delay: String(delaySeconds) }),
    ...(internalEndpoint === undefined ? {} : { internal: String(internalEndpoint) }),
  };
}

export function addSeriesGauges(registry: MetricRegistry, limit: number, source: SeriesGaugesSource): void {
  const gauges = new SeriesGauges(limit, source);
  registry.gauge(
    'external_metric_value',
    ['metric', 'project', 'logstore', 'route', 'host', 'method', 'status', 'interval', 'delay', 'internal'],
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
