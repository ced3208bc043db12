import { Gauge } from 'prom-client';
import { Attached } from '../../runtime/attached.ts';
import type { ExpositionText } from './exposition-text.ts';

/** One number of a gauge, and what it is of. */
export interface GaugeValue {
  /** The text of the same object is written once. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** In place of a value: some time went by without one, so that whoever waits may have their turn. */
export const pause = Symbol('pause');

/** How many lines are written without a pause. */
const linesInOneGo = 20;

/**
 * A gauge that is asked for its values when it is scraped, and keeps none. Of thousands, the library would look up each
 * one's place to set it, and write all in one go while reads wait.
 */
export class ReadGauge extends Gauge {
  readonly #head: string;
  readonly #read: () => Iterable<GaugeValue | typeof pause>;
  readonly #starts = new Attached<GaugeValue['labels'], string>();
  readonly #name: string;

  constructor(
    options: ConstructorParameters<typeof Gauge>[0],
    read: () => Iterable<GaugeValue | typeof pause>,
  ) {
    super(options);
    this.#name = options.name;
    this.#head = `# HELP ${options.name} ${options.help}\n# TYPE ${options.name} gauge\n`;
    this.#read = read;
  }

  /** Adds itself in the text format. Comes back now and then, so that whoever waits may have their turn. */
  *write(text: ExpositionText): Generator<void> {
    text.add(this.#head);
    let lines = 0;
    for (const one of this.#read()) {
      if (one === pause || lines === linesInOneGo) {
        yield;
        lines = 0;
      }
      if (one === pause) continue;
      text.add(this.#startOf(one.labels));
      text.add(`${one.value}\n`);
      lines += 1;
    }
  }

  #startOf(labels: GaugeValue['labels']): string {
    const known = this.#starts.get(labels);
    if (known !== undefined) return known;
    const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`);
    const start = `${this.#name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} `;
    this.#starts.set(labels, start);
    return start;
  }
}

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const escaped = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
