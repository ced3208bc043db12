import type { LogRecord } from '../../emulator/log-record.ts';
import { Arrivals } from '../../emulator/traffic/arrivals.ts';
import { requestRecord } from '../../emulator/traffic/request-record.ts';
import type { TrafficRoute } from '../../emulator/traffic/routes.ts';
import type { LogstoreTraffic, StepCommand } from './messages.ts';

/** Generates the lines of one logstore. */
interface LogstoreLines {
  /** Returns the lines that are due and were not returned before. */
  take(nowMs: number): LogRecord[];
}

/** Constant rates. The routes take turns, so that each has its share of every period. */
export class SteadyLines implements LogstoreLines {
  readonly #routes: readonly TrafficRoute[];
  readonly #perSecond: number;
  readonly #startSeconds: number;
  #taken = 0;

  /** @param startSeconds Unix time, in whole seconds */
  constructor({ routes, linesPerSecond }: LogstoreTraffic, startSeconds: number) {
    this.#routes = routes.map(trafficRoute);
    this.#perSecond = linesPerSecond * routes.length;
    this.#startSeconds = startSeconds;
  }

  take(nowMs: number): LogRecord[] {
    const records: LogRecord[] = [];
    const end = Math.floor((nowMs / 1000 - this.#startSeconds) * this.#perSecond);
    for (; this.#taken < end; this.#taken += 1) {
      const route = this.#routes[this.#taken % this.#routes.length];
      const atSeconds = this.#startSeconds + this.#taken / this.#perSecond;
      if (route !== undefined) records.push(requestRecord(route, atSeconds, Math.random));
    }
    return records;
  }
}

/** Routes whose rates change on command. */
export class SteppingLines implements LogstoreLines {
  readonly #routes: readonly { readonly route: TrafficRoute; readonly arrivals: Arrivals }[];
  readonly #startSeconds: number;
  readonly #commands = new Map<string, StepCommand>();

  /** @param startSeconds Unix time, in whole seconds */
  constructor({ routes, linesPerSecond }: LogstoreTraffic, startSeconds: number) {
    this.#startSeconds = startSeconds;
    this.#routes = routes.map((name) => {
      const rate = (tSeconds: number) => {
        const command = this.#commands.get(name);
        const stepped = command !== undefined && (startSeconds + tSeconds) * 1000 >= command.atMs;
        return stepped ? command.perSecond : linesPerSecond;
      };
      return { route: trafficRoute(name), arrivals: new Arrivals(rate, { fromSeconds: 0 }) };
    });
  }

  step(command: StepCommand): void {
    this.#commands.set(command.route, command);
  }

  take(nowMs: number): LogRecord[] {
    return this.#routes.flatMap(({ route, arrivals }) =>
      arrivals
        .take(nowMs / 1000 - this.#startSeconds)
        .map((at) => requestRecord(route, this.#startSeconds + at, Math.random)),
    );
  }
}

const trafficRoute = (name: string): TrafficRoute => ({
  name,
  // Not used: the classes above set the times of the lines.
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
