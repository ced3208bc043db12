import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Histogram, Registry } from 'prom-client';
import { ReadGauge, type GaugeValue } from './read-gauge.ts';
import { TalliedHistogram } from './tallied-histogram.ts';

const prefix = 'sls_metrics_adapter_';

/** Reads are answered between two parts of an exposition once those before took longer than this. */
const longestTurnMs = 0.5;

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
  gauge(name: string, help: string, labelNames: readonly string[], read: () => Iterable<GaugeValue>): void {
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
    // Bytes at once: to encode hundreds of kilobytes in the end would keep reads waiting.
    const written: Buffer[] = [];
    let turnMs = performance.now();
    for await (const part of this.#parts()) {
      written.push(Buffer.from(`${part}\n`));
      if (performance.now() - turnMs < longestTurnMs) continue;
      await nextTurn();
      turnMs = performance.now();
    }
    return Buffer.concat(written);
  }

  async *#parts(): AsyncGenerator<string> {
    for (const metric of this.registry.getMetricsAsArray()) {
      if (metric instanceof ReadGauge) yield* metric.parts();
      else yield await this.registry.getSingleMetricAsString(metric.name);
    }
  }
}
