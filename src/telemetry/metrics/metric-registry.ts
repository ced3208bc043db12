import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type Metric } from 'prom-client';
import { Turns } from '../../runtime/turns.ts';

const prefix = 'sls_metrics_adapter_';

/** How often prom-client samples the delay of the event loop. */
const eventLoopSamplingMs = 20;

/**
 * Default metrics of prom-client that are not exposed: gauges that are named like counters, which `promtool check
 * metrics` rejects, and the sums of them; eight heap spaces; metrics without a value at the first scrape.
 */
const omittedProcessMetrics = /^nodejs_(eventloop_lag_(min|mean|stddev)|active|heap_space)_/;

/** One metric of the exposition, as the documentation lists it. */
interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
  readonly help: string;
}

export interface GaugeValue {
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined: the gauge has no value with these labels. */
  readonly value: number | undefined;
}

/** The metrics of one service. Each name gets the prefix `sls_metrics_adapter_`. */
export class MetricRegistry {
  readonly #registry = new Registry();
  #hasProcessMetrics = false;
  #writing: Promise<Buffer> | undefined;

  counter<Label extends string>(name: string, labelNames: readonly Label[], help: string): Counter<Label> {
    return new Counter({ name: `${prefix}${name}`, help, labelNames, registers: [this.#registry] });
  }

  /** @param buckets upper bounds, in the unit of the name */
  histogram<Label extends string>(
    name: string,
    labelNames: readonly Label[],
    buckets: readonly number[],
    help: string,
  ): Histogram<Label> {
    const registers = [this.#registry];
    return new Histogram({ name: `${prefix}${name}`, help, labelNames, buckets: [...buckets], registers });
  }

  /** @param read called at each scrape; the gauge then has exactly these values */
  gauge(
    name: string,
    labelNames: readonly string[],
    help: string,
    read: () => number | readonly GaugeValue[],
  ): void {
    new Gauge({
      name: `${prefix}${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      async collect() {
        this.reset();
        const found = read();
        const values = typeof found === 'number' ? [{ labels: {}, value: found }] : found;
        const turns = new Turns();
        for (const { labels, value } of values) {
          if (value !== undefined) this.set(labels, value);
          if (turns.isOver()) await turns.next();
        }
      },
    });
  }

  /** Forgets what was counted with a value of a label. Never rejects. */
  async forget(label: string, value: string): Promise<void> {
    for (const metric of this.#registry.getMetricsAsArray() as unknown as (Metric | undefined)[]) {
      if (!(metric instanceof Counter || metric instanceof Histogram)) continue;
      const { values } = await metric.get();
      for (const { labels } of values) {
        const given = Object.entries(labels as Record<string, string>);
        // A bucket of a histogram.
        const counted = Object.fromEntries(given.filter(([name]) => name !== 'le'));
        if (counted[label] === value) metric.remove(counted);
      }
    }
  }

  /** Returns all metrics in the order of the exposition. */
  describe(): MetricDescription[] {
    this.#addProcessMetrics();
    // The metrics themselves have these fields; prom-client's type does not show them.
    return this.#registry.getMetricsAsArray() as unknown as MetricDescription[];
  }

  /** Returns the text format of Prometheus, version 0.0.4. Scrapes at the same time share one exposition. */
  exposition(): Promise<Buffer> {
    this.#addProcessMetrics();
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  /** One metric after the other, so that other requests have their turn in between. */
  async #write(): Promise<Buffer> {
    const turns = new Turns();
    let text = '';
    for (const { name } of this.#registry.getMetricsAsArray()) {
      text += `${await this.#registry.getSingleMetricAsString(name)}\n`;
      if (turns.isOver()) await turns.next();
    }
    return Buffer.from(text);
  }

  /** At the first scrape only: prom-client then observes the event loop and every garbage collection, and never stops. */
  #addProcessMetrics(): void {
    if (this.#hasProcessMetrics) return;
    this.#hasProcessMetrics = true;
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: eventLoopSamplingMs });
    for (const { name } of this.#registry.getMetricsAsArray())
      if (omittedProcessMetrics.test(name)) this.#registry.removeSingleMetric(name);
  }
}
