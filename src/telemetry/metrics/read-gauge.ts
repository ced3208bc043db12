import { Gauge } from 'prom-client';
import { Attached } from '../../runtime/attached.ts';

/** One number of a gauge, and what it is of. */
export interface GaugeValue {
  /** The text of the same object is written once. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How many lines are written without a pause. */
const linesPerPart = 100;

/**
 * A gauge that is asked for its values when it is scraped, and keeps none. Of thousands, the library would look up each
 * one's place to set it, and write all in one go while reads wait.
 */
export class ReadGauge extends Gauge {
  readonly #head: string;
  readonly #read: () => Iterable<GaugeValue>;
  readonly #starts = new Attached<GaugeValue['labels'], string>();
  readonly #name: string;

  constructor(options: ConstructorParameters<typeof Gauge>[0], read: () => Iterable<GaugeValue>) {
    super(options);
    this.#name = options.name;
    this.#head = `# HELP ${options.name} ${options.help}\n# TYPE ${options.name} gauge`;
    this.#read = read;
  }

  /** In the text format, some lines at a time. */
  *parts(): Generator<string> {
    yield this.#head;
    let lines: string[] = [];
    for (const { labels, value } of this.#read()) {
      if (lines.length === linesPerPart) {
        yield lines.join('\n');
        lines = [];
      }
      lines.push(`${this.#startOf(labels)} ${value}`);
    }
    if (lines.length > 0) yield lines.join('\n');
  }

  #startOf(labels: GaugeValue['labels']): string {
    const known = this.#starts.get(labels);
    if (known !== undefined) return known;
    const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`);
    const start = pairs.length === 0 ? this.#name : `${this.#name}{${pairs.join(',')}}`;
    this.#starts.set(labels, start);
    return start;
  }
}

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const escaped = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
