import { setTimeout as sleep } from 'node:timers/promises';
import type { LogSink } from '../../emulator/log-record.ts';

/** The pattern of lines repeats after these seconds, so every window of a multiple of them has the same number of lines. */
const periodSeconds = 5;
/** Lines are appended this long before a window can include them. */
const aheadSeconds = 2;

/** Appends log lines of one route to the logstore at an exact rate, second by second. */
export class SteadyTraffic implements AsyncDisposable {
  readonly #sink: LogSink;
  readonly #route: string;
  readonly #ended = new AbortController();
  #qps = 0;
  #running: Promise<void> | undefined;

  constructor(sink: LogSink, route: string) {
    this.#sink = sink;
    this.#route = route;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** @param qps a multiple of 0.2; a window has this rate once it lies wholly after the change */
  set(qps: number): void {
    if (!Number.isInteger(qps * periodSeconds))
      throw new Error(`${qps} is no multiple of 1/${periodSeconds}`);
    this.#qps = qps;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    let next = Math.floor(Date.now() / 1000);
    while (!signal.aborted) {
      for (; next <= Date.now() / 1000 + aheadSeconds; next++) await this.#append(next);
      await sleep(100, undefined, { signal }).catch(() => undefined);
    }
  }

  async #append(timeSeconds: number): Promise<void> {
    const record = { timeSeconds, fields: { proxy_upstream_name: this.#route, status: '200' } };
    const count = linesIn(timeSeconds, this.#qps);
    if (count > 0) await this.#sink.append(Array.from({ length: count }, () => record));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }
}

/** Lines in one second: 23.8 → 23, 24, 24, 24, 24. They add up to the rate over a period. */
export function linesIn(second: number, qps: number): number {
  const position = second % periodSeconds;
  return Math.floor(qps * (position + 1) + 1e-9) - Math.floor(qps * position + 1e-9);
}
