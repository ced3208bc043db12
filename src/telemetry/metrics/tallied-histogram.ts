import type { Metric, MetricObjectWithValues, MetricValueWithName, Registry } from 'prom-client';

export interface TalliedHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

/** What one series of a histogram has seen; whoever holds it adds to it at the cost of an addition. */
export class HistogramTally {
  readonly labels: Readonly<Record<string, string>>;
  readonly #buckets: readonly number[];
  /** By bucket; the last is of what is above all. */
  readonly #counts: number[];
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>, buckets: readonly number[]) {
    this.labels = labels;
    this.#buckets = buckets;
    this.#counts = [...buckets, Infinity].map(() => 0);
  }

  /** @throws TypeError as the library does, where it is no number */
  observe(value: number): void {
    if (!Number.isFinite(value)) throw new TypeError(`not a valid number: ${value}`);
    let index = 0;
    while (value > (this.#buckets[index] ?? Infinity)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  /** @param name of the histogram */
  values(name: string): MetricValueWithName<string>[] {
    const { labels } = this;
    let count = 0;
    const buckets = this.#counts.map((more, index) => {
      count += more;
      const le = this.#buckets[index] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/**
 * A histogram for what happens thousands of times a second: the library's own looks its series up by name and writes
 * numbers as text each time, which costs more than all else that is told of a read.
 */
export class TalliedHistogram {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly #buckets: readonly number[];
  readonly #tallies: HistogramTally[] = [];

  constructor({ name, help, labelNames, buckets }: TalliedHistogramOptions, registry: Registry) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
    this.#buckets = buckets;
    // All that the registry asks of a metric is here; the type has what it is asked by others.
    registry.registerMetric(this as unknown as Metric);
  }

  /** A series of it, from now on; of the same labels there may be one alone. */
  tally(labels: Readonly<Record<string, string>>): HistogramTally {
    const tally = new HistogramTally(labels, this.#buckets);
    this.#tallies.push(tally);
    return tally;
  }

  /** What the library writes. */
  get(): Promise<Pick<MetricObjectWithValues<MetricValueWithName<string>>, 'name' | 'help' | 'values'>> {
    const { name, help, type } = this;
    const values = this.#tallies.flatMap((tally) => tally.values(name));
    return Promise.resolve({ name, help, type, values });
  }
}
