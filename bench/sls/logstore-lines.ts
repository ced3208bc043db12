import type { LogRecord } from '../../src/emulator/log-record.ts';
import { Arrivals } from '../../src/emulator/traffic/arrivals.ts';
import { requestRecord } from '../../src/emulator/traffic/request-record.ts';
import type { TrafficRoute } from '../../src/emulator/traffic/routes.ts';
import type { LogstoreTraffic, StepOrder } from './messages.ts';

/** The lines of one logstore as their time comes. */
export class LogstoreLines {
  readonly #random: () => number;
  readonly #steady: readonly TrafficRoute[];
  readonly #linesPerSecond: number;
  readonly #startSeconds: number;
  readonly #stepping: readonly { readonly route: TrafficRoute; readonly arrivals: Arrivals }[];
  readonly #steps = new Map<string, StepOrder>();
  #taken = 0;

  /** @param startSeconds Unix time; whole */
  constructor(
    { routes, linesPerSecond, stepping }: LogstoreTraffic,
    startSeconds: number,
    random: () => number,
  ) {
    this.#random = random;
    this.#startSeconds = startSeconds;
    this.#linesPerSecond = linesPerSecond * routes.length;
    this.#steady = routes.map(trafficRoute);
    this.#stepping = (stepping?.routes ?? []).map((name) => {
      const rate = (tSeconds: number) => {
        const step = this.#steps.get(name);
        const stepped = step !== undefined && (startSeconds + tSeconds) * 1000 >= step.atMs;
        return stepped ? step.perSecond : (stepping?.perSecond ?? 0);
      };
      return { route: trafficRoute(name), arrivals: new Arrivals(rate, { fromSeconds: 0 }) };
    });
  }

  step(order: StepOrder): void {
    this.#steps.set(order.route, order);
  }

  /** Those since the last call: the steady routes take turns, so that each has its share of every period. */
  take(nowMs: number): LogRecord[] {
    const t = nowMs / 1000 - this.#startSeconds;
    const records: LogRecord[] = [];
    for (const end = Math.floor(t * this.#linesPerSecond); this.#taken < end; this.#taken += 1) {
      const route = this.#steady[this.#taken % this.#steady.length];
      const atSeconds = this.#startSeconds + this.#taken / this.#linesPerSecond;
      if (route !== undefined) records.push(requestRecord(route, atSeconds, this.#random));
    }
    for (const { route, arrivals } of this.#stepping) {
      for (const at of arrivals.take(t)) {
        records.push(requestRecord(route, this.#startSeconds + at, this.#random));
      }
    }
    return records;
  }
}

const trafficRoute = (name: string): TrafficRoute => ({
  name,
  // The lines come when this file says.
  rate: () => 0,
  host: 'www.example.com',
  method: 'GET',
  url: '/',
  upstreams: ['172.16.9.12:8080', '172.16.9.13:8080'],
  requestSeconds: 0.02,
  requestBytes: 412,
  responseBytes: 1200,
  failureShare: 0.002,
});
