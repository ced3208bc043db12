import type { Emulator } from '../../emulator/emulator.ts';
import type { LogRecord, LogSink } from '../../emulator/log-record.ts';
import { linesOf, soakLogstores, type SoakRoute } from './routes.ts';

/** The same in every line. */
const lineFields = { request_time: '0.25', request_length: '400' } as const;

/** Returns a metric's value in thousandths, for that many lines in a window. Kubernetes rounds finer values up. */
type MilliOf = (lines: number, windowSeconds: number) => number;

/** The metrics that are read, and their correct values. */
export const milliOf = {
  sls_ingress_qps: (lines, seconds) => Math.ceil((1000 * lines) / seconds),
  sls_ingress_inflow: (lines, seconds) => Math.ceil((400_000 * lines) / seconds),
  sls_ingress_concurrency: (lines, seconds) => Math.ceil((250 * lines) / seconds),
  sls_ingress_latency_p95: (lines) => (lines === 0 ? 0 : 250_000),
} as const satisfies Record<string, MilliOf>;

export type SoakMetric = keyof typeof milliOf;

/** A half-open range of Unix seconds. */
interface Span {
  readonly fromSeconds: number;
  toSeconds: number;
}

/** The log of all routes. It is written ahead of time, so that no line is late on a busy machine. */
export class SoakLog {
  readonly #logstores: readonly { readonly routes: readonly SoakRoute[]; readonly sink: LogSink }[];
  readonly #spans: Span[] = [];

  constructor(emulator: Emulator, routes: readonly SoakRoute[]) {
    this.#logstores = soakLogstores.map(({ project, logstore }) => ({
      routes: routes.filter((route) => route.logstore === logstore),
      sink: emulator.sink(project, logstore),
    }));
  }

  /** Writes the lines up to `toSeconds`. Continues the last span, or starts a new one if that ends before `fromSeconds`. */
  async write(fromSeconds: number, toSeconds: number): Promise<void> {
    const last = this.#spans.at(-1);
    const span =
      last === undefined || last.toSeconds < fromSeconds ? { fromSeconds, toSeconds: fromSeconds } : last;
    if (span !== last) this.#spans.push(span);
    const seconds = Array.from(
      { length: Math.max(0, toSeconds - span.toSeconds) },
      (_, index) => span.toSeconds + index,
    );
    span.toSeconds = Math.max(span.toSeconds, toSeconds);
    for (const { routes, sink } of this.#logstores) {
      const records = seconds.flatMap((second) => routes.flatMap((route) => recordsOf(route, second)));
      if (records.length > 0) await sink.append(records);
    }
  }

  /**
   * Returns the number of lines in a window, of the given routes or of the whole logstore.
   *
   * @returns undefined if some of the window was not written
   */
  count(
    logstore: string,
    routes: readonly SoakRoute[] | undefined,
    fromSeconds: number,
    toSeconds: number,
  ): number | undefined {
    const isWritten = this.#spans.some(
      (span) => span.fromSeconds <= fromSeconds && toSeconds <= span.toSeconds,
    );
    if (!isWritten) return undefined;
    const position = soakLogstores.findIndex((one) => one.logstore === logstore);
    let lines = 0;
    for (const { index } of routes ?? this.#logstores[position]?.routes ?? []) {
      for (let second = fromSeconds; second < toSeconds; second += 1) lines += linesOf(index, second);
    }
    return lines;
  }
}

function recordsOf({ index, name }: SoakRoute, second: number): LogRecord[] {
  const lines = linesOf(index, second);
  if (lines === 0) return [];
  const fields = { ...lineFields, proxy_upstream_name: name, proxy_alternative_upstream_name: '' };
  return Array.from({ length: lines }, () => ({ timeSeconds: second, fields }));
}
