import { setTimeout as sleep } from 'node:timers/promises';
import type { LogSink } from '../../emulator/log-record.ts';

/** The pattern of lines repeats after these seconds, so every window of a multiple of them has the same number of lines. */
const periodSeconds = 5;
/** Lines are appended this long before a window can include them. */
const usualAheadSeconds = 2;

/** Has a line each second. A logstore without any line would be silent, and its readings errors instead of 0. */
const otherRoute = 'default-other-80';

/** Appends log lines of some routes to logstores at an exact rate, second by second. */
export class SteadyTraffic implements AsyncDisposable {
  readonly #sinks: readonly LogSink[];
  readonly #routes: readonly string[];
  readonly #aheadSeconds: number;
  readonly #ended = new AbortController();
  #qps = 0;
  #nextSecond = Math.floor(Date.now() / 1000);
  #running: Promise<void> | undefined;

  /** @param aheadSeconds how long before its time a line is appended; negative: how late */
  constructor(sinks: readonly LogSink[], routes: readonly string[], aheadSeconds = usualAheadSeconds) {
    this.#sinks = sinks;
    this.#routes = routes;
    this.#aheadSeconds = aheadSeconds;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * @param qps of each route, a multiple of 0.2; a window has this rate once it lies wholly after the change
   * @returns the first second with this rate, in Unix time
   */
  set(qps: number): number {
    if (!Number.isInteger(qps * periodSeconds))
      throw new Error(`${qps} is no multiple of 1/${periodSeconds}`);
    this.#qps = qps;
    return this.#nextSecond;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      while (this.#nextSecond <= Date.now() / 1000 + this.#aheadSeconds)
        await this.#append(this.#nextSecond++);
      await sleep(100, undefined, { signal }).catch(() => undefined);
    }
  }

  async #append(timeSeconds: number): Promise<void> {
    const line = (route: string) => ({ timeSeconds, fields: { proxy_upstream_name: route, status: '200' } });
    const lines = Array.from({ length: linesIn(timeSeconds, this.#qps) }, () => this.#routes.map(line));
    const all = [line(otherRoute), ...lines.flat()];
    await Promise.all(this.#sinks.map((sink) => sink.append(all)));
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
