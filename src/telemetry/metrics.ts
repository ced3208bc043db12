import type { Telemetry } from './logger.ts';
import { FoldedNames } from './metrics/folded-names.ts';
import { createKubeMetrics } from './metrics/kube-metrics.ts';
import { MetricRegistry, type MetricDescription } from './metrics/metric-registry.ts';
import { addProcessMetrics } from './metrics/process-metrics.ts';
import { createReadMetrics } from './metrics/read-metrics.ts';
import { addSeriesValues, type SeriesValuesSource } from './metrics/series-values.ts';
import { createSlsMetrics } from './metrics/sls-metrics.ts';
import { addStateMetrics, type AdapterState } from './metrics/state-metrics.ts';

/** Projects that are told apart. */
const mostProjects = 100;

/** What one service tells of itself to Prometheus. `docs/self-metrics.md` is held to it by a test. */
export class Metrics {
  readonly #registry = new MetricRegistry();
  readonly #projects = new FoldedNames(mostProjects);
  #scraped = false;

  /** To be told of what happens, one function an event. */
  readonly observer: Partial<Telemetry> = {
    ...createReadMetrics(this.#registry),
    ...createSlsMetrics(this.#registry, this.#projects),
    ...createKubeMetrics(this.#registry),
  };

  /** What is asked at each scrape. */
  watch(state: AdapterState): void {
    addStateMetrics(this.#registry, this.#projects, state);
  }

  /** @param most gauges there are */
  watchSeries(most: number, source: SeriesValuesSource): void {
    addSeriesValues(this.#registry, most, source);
  }

  /** In the text format of Prometheus, version 0.0.4. */
  exposition(): Promise<Buffer> {
    return this.#whole().exposition();
  }

  /** Each metric that the exposition has. */
  describe(): MetricDescription[] {
    return this.#whole().describe();
  }

  /** With what costs something from when it is first asked for. */
  #whole(): MetricRegistry {
    if (!this.#scraped) addProcessMetrics(this.#registry);
    this.#scraped = true;
    return this.#registry;
  }
}

/** Tells each event to the second too, where that takes it. */
export function tellBoth(first: Telemetry, second: Partial<Telemetry>): Telemetry {
  type Tell = (event: unknown) => void;
  const tellFirst: Readonly<Record<string, unknown>> = { ...first };
  const both = Object.entries(second).map(([name, tell]) => {
    const tellSecond = tell as Tell;
    const tellEach: Tell = (event) => {
      (tellFirst[name] as Tell)(event);
      tellSecond(event);
    };
    return [name, tellEach] as const;
  });
  return { ...first, ...(Object.fromEntries(both) as Partial<Telemetry>) };
}
