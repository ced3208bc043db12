import { writeFile } from 'node:fs/promises';
import type { LogSink } from '../log-record.ts';

/** A replay of less than this says nothing. */
const leastSeconds = 120;

/** Counts the requests of one route while they are logged, so that they can be replayed after the demo. */
export class SeenTraffic implements LogSink {
  readonly #sink: LogSink;
  readonly #route: string;
  /**
   * Unix second → requests.
   *
   * @bound a few bytes for each second of the demo | - | one demo | ends with it
   */
  readonly #bySecond = new Map<number, number>();

  constructor(sink: LogSink, route: string) {
    this.#sink = sink;
    this.#route = route;
  }

  append(records: Parameters<LogSink['append']>[0]): Promise<void> {
    for (const { timeSeconds, fields } of records)
      if (fields['proxy_upstream_name'] === this.#route)
        this.#bySecond.set(timeSeconds, (this.#bySecond.get(timeSeconds) ?? 0) + 1);
    return this.#sink.append(records);
  }

  /** Writes what `replay --counts` reads. Returns whether there is enough for a replay. */
  async write(file: string): Promise<boolean> {
    const seconds = [...this.#bySecond.keys()];
    const [first, last] = [Math.min(...seconds), Math.max(...seconds)];
    if (!(last - first >= leastSeconds)) return false;
    const rows = Array.from({ length: last - first }, (_, index) => {
      const second = first + index;
      return `${second},${this.#bySecond.get(second) ?? 0}`;
    });
    await writeFile(file, `time,requests\n${rows.join('\n')}\n`);
    return true;
  }
}
