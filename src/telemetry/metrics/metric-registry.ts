import { Counter, Histogram, Registry } from 'prom-client';
import { Turns } from '../../runtime/turns.ts';
import { ExpositionText } from './exposition-text.ts';
import { ReadGauge, type GaugeValue, type pause } from './read-gauge.ts';
import { TalliedHistogram } from './tallied-histogram.ts';

const prefix = 'sls_metrics_adapter_';

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
  #running: Promise<Buffer> | undefined;
  #lastBytes = 0;

  /** @param collect adds, at each scrape, what was not added when it happened */
  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect?: (counter: Counter<Label>) => void,
  ): Counter<Label> {
    const registers = [this.registry];
    return new Counter({
      name: `${prefix}${name}`,
      help,
      labelNames,
      registers,
      ...(collect && {
        collect(this: Counter<Label>) {
          collect(this);
        },
      }),
    });
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

  /** The same, for what happens with each read. */
  talliedHistogram(
    name: string,
    help: string,
    labelNames: readonly string[],
    buckets: readonly number[],
  ): TalliedHistogram {
    return new TalliedHistogram({ name: `${prefix}${name}`, help, labelNames, buckets }, this.registry);
  }

  /** @param read asked at each scrape: there are those values that are there then, and no others */
  gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<GaugeValue | typeof pause>,
  ): void {
    new ReadGauge({ name: `${prefix}${name}`, help, labelNames, registers: [this.registry] }, read);
  }

  /** All that there are, in the order of the exposition. */
  describe(): MetricDescription[] {
    // Metrics themselves, of which the type says less.
    return this.registry.getMetricsAsArray() as unknown as MetricDescription[];
  }

  /** In the text format of Prometheus. Who asks while one is being written gets that one. */
  exposition(): Promise<Buffer> {
    this.#running ??= this.#write().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #write(): Promise<Buffer> {
    const text = new ExpositionText(this.#lastBytes);
    const turns = new Turns();
    for (const metric of this.registry.getMetricsAsArray()) {
      if (metric instanceof ReadGauge) {
        const writing = metric.write(text);
        while (writing.next().done !== true) if (turns.isOver()) await turns.next();
      } else text.add(`${await this.registry.getSingleMetricAsString(metric.name)}\n`);
      if (turns.isOver()) await turns.next();
    }
    this.#lastBytes = text.bytes.length;
    return text.bytes;
  }
}
