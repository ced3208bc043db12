import { filterEntries } from '../../metric/line-filters.ts';
import type { Series } from '../../metric/series.ts';
import type { StoredSeries } from '../../reading/sample-store.ts';
import type { MetricRegistry } from './metric-registry.ts';
import { pause, type GaugeValue } from './read-gauge.ts';

export interface SeriesValuesSource {
  /** Each as it is when it is come to; one may come again. */
  all(): Iterable<StoredSeries>;
  /** For how long after its query was planned a reading of the project may be served. */
  readonly maxStaleMsOf: (project: string) => number;
  readonly clock: { now(): number };
}

/** So many series without a gauge are looked at in one go. */
const passedInOneGo = 40;

type Labels = Readonly<Record<string, string>>;

/** Of one series in the exposition. */
interface Place {
  readonly labels: Labels;
  /** The last `read` that found it there. */
  round: number;
}

/**
 * The value of each series as a gauge, up to a bound. A series that has a place keeps it for as long as it could be
 * served; the others are counted.
 */
export class SeriesValues {
  readonly #most: number;
  readonly #source: SeriesValuesSource;
  readonly #places = new Map<string, Place>();
  #round = 0;
  #leftOut = 0;

  constructor(most: number, source: SeriesValuesSource) {
    this.#most = most;
    this.#source = source;
  }

  /** One by one, each as it is when it is come to; `pause` after some that are none. */
  *read(): Generator<GaugeValue | typeof pause, void, undefined> {
    const isServable = this.#servable();
    this.#round += 1;
    let passed = 0;
    const homeless: StoredSeries[] = [];
    for (const stored of this.#source.all()) {
      const { key, series, last } = stored;
      if (last !== undefined && isServable(series, last.run.plannedAtMs)) {
        const place = this.#places.get(key);
        if (place !== undefined) {
          if (place.round === this.#round) continue;
          place.round = this.#round;
          yield { labels: place.labels, value: last.sample.value };
          continue;
        }
        homeless.push(stored);
      }
      passed += 1;
      if (passed % passedInOneGo === 0) yield pause;
    }
    for (const [key, { round }] of this.#places) if (round !== this.#round) this.#places.delete(key);
    const housed = homeless.slice(0, this.#most - this.#places.size);
    this.#leftOut = homeless.length - housed.length;
    for (const { key, series, last } of housed) {
      if (last === undefined || this.#places.has(key)) continue;
      const labels = labelsOf(series);
      this.#places.set(key, { labels, round: this.#round });
      yield { labels, value: last.sample.value };
    }
  }

  /** How many the last `read` had no room for. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Of thousands of series, neighbours mostly share their project. */
  #servable(): (series: Series, plannedAtMs: number) => boolean {
    const { clock, maxStaleMsOf } = this.#source;
    let last: { readonly project: string; readonly maxStaleMs: number } | undefined;
    return ({ project }, plannedAtMs) => {
      if (last?.project !== project) last = { project, maxStaleMs: maxStaleMsOf(project) };
      const ageMs = clock.now() - plannedAtMs;
      return ageMs >= 0 && ageMs < last.maxStaleMs;
    };
  }
}

/** Other for two series wherever these are two: what is not said, is left out. */
function labelsOf(series: Series): Labels {
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

const labelNames = [
  'metric',
  'project',
  'logstore',
  'route',
  'host',
  'method',
  'status',
  'interval',
  'delay',
  'internal',
];

export function addSeriesValues(registry: MetricRegistry, most: number, source: SeriesValuesSource): void {
  const values = new SeriesValues(most, source);
  registry.gauge(
    'external_metric_value',
    'The last reading of each series that may still be served, in the unit of its metric.',
    labelNames,
    () => values.read(),
  );
  registry.gauge(
    'external_metric_values_left_out',
    'Series that may be served and have no gauge, for want of room (telemetry.maxSeriesValues).',
    [],
    () => [{ labels: {}, value: values.leftOut }],
  );
}
