import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  Counter,
  Gauge,
  Histogram,
  Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client';

const prefix = 'sls_metrics_adapter_';

/** Reads are answered between two parts of an exposition that took longer than this together. */
const longestTurnMs = 1;

/** One number of a gauge, and what it is of. */
export interface GaugeValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric, in words. */
export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
  readonly help: string;
}

/** What one service tells of itself to Prometheus. Names get the prefix `sls_metrics_adapter_`. */
export class MetricRegistry {
  readonly registry = new Registry();
  #running: Promise<string> | undefined;

  counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name: `${prefix}${name}`, help, labelNames, registers: [this.registry] });
  }

  /** @param buckets upper bounds, in the unit of the name */
  histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: readonly number[],
  ): Histogram<Label> {
    const registers = [this.registry];
    return new Histogram({ name: `${prefix}${name}`, help, labelNames, buckets: [...buckets], registers });
  }

  /** @param read asked at each scrape: there are those values that are there then, and no others */
  gauge(name: string, help: string, labelNames: readonly string[], read: () => readonly GaugeValue[]): Gauge {
    return new ReadGauge({ name: `${prefix}${name}`, help, labelNames, registers: [this.registry] }, read);
  }

  /** All that there are, in the order of the exposition. */
  describe(): MetricDescription[] {
    // Metrics themselves, of which the type says less.
    return this.registry.getMetricsAsArray() as unknown as MetricDescription[];
  }

  /** In the text format of Prometheus. Who asks while one is being written gets that one. */
  exposition(): Promise<string> {
    this.#running ??= this.#write().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #write(): Promise<string> {
    const parts: string[] = [];
    let turnMs = performance.now();
    for (const { name } of this.registry.getMetricsAsArray()) {
      parts.push(await this.registry.getSingleMetricAsString(name));
      if (performance.now() - turnMs < longestTurnMs) continue;
      await nextTurn();
      turnMs = performance.now();
    }
    return `${parts.join('\n')}\n`;
  }
}

class ReadGauge extends Gauge {
  readonly #read: () => readonly GaugeValue[];

  constructor(options: ConstructorParameters<typeof Gauge>[0], read: () => readonly GaugeValue[]) {
    super(options);
    this.#read = read;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    // The library writes the text of shared labels once, for as long as somebody holds them.
    const values = this.#read().map(({ labels, value }) => ({ labels: {}, sharedLabels: labels, value }));
    return { ...(await super.get()), values };
  }
}
