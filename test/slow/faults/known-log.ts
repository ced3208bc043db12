import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulator } from '../../../emulator/emulator.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { project } from '../../support/adapter.ts';

/** A route of the log. Each has another rate, and nearly every second has another count. */
export interface KnownRoute {
  readonly logstore: string;
  readonly name: string;
  /** Steady rate. Undefined: the route has no lines, so its correct reading is 0. */
  readonly perFiveSeconds: number | undefined;
}

/** Returns the routes of each logstore: `count` with lines and one without. */
export function routesOf(logstores: readonly string[], count: number): KnownRoute[] {
  return logstores.flatMap((logstore, index) => {
    const busy = Array.from({ length: count }, (_, n) => ({
      logstore,
      name: `default-web-${index}-${n}-80`,
      perFiveSeconds: 5 + index + n * logstores.length,
    }));
    return [...busy, { logstore, name: `default-quiet-${index}-80`, perFiveSeconds: undefined }];
  });
}

/** Returns the number of lines of a route in one second: its steady rate plus up to two, so that windows differ. */
export function linesIn(second: number, { perFiveSeconds }: KnownRoute): number {
  if (perFiveSeconds === undefined) return 0;
  const until = (end: number) => Math.floor((end * perFiveSeconds) / 5);
  return until(second + 1) - until(second) + (((second * 2654435761) % 1009) % 3);
}

const backfillSeconds = 40;
const aheadSeconds = 20;

/** Writes the log ahead of time, so that no line is late on a busy machine. */
export class KnownLog {
  readonly routes: readonly KnownRoute[];
  #second = Math.floor(Date.now() / 1000) - backfillSeconds;
  #visibleAtMs = 0;

  constructor(routes: readonly KnownRoute[]) {
    this.routes = routes;
  }

  /** For the emulator: the lines of a second become visible as it ends, no matter when they were written. */
  readonly ingestLagMs = (): number => this.#visibleAtMs - Date.now();

  /** Writes the missing lines up to 20 s from now. */
  async write(emulator: Emulator): Promise<void> {
    for (; this.#second < Date.now() / 1000 + aheadSeconds; this.#second += 1)
      await this.#writeSecond(emulator, this.#second);
  }

  async keepWriting(emulator: Emulator, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.write(emulator);
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  }

  async #writeSecond(emulator: Emulator, second: number): Promise<void> {
    for (const [logstore, routes] of Map.groupBy(this.routes, (route) => route.logstore)) {
      this.#visibleAtMs = (second + 1) * 1000;
      await emulator.sink(project, logstore).append(routes.flatMap((route) => recordsOf(route, second)));
    }
  }
}

function recordsOf(route: KnownRoute, second: number): LogRecord[] {
  const fields = { status: '200', proxy_upstream_name: route.name, proxy_alternative_upstream_name: '' };
  return Array.from({ length: linesIn(second, route) }, () => ({ timeSeconds: second, fields }));
}
