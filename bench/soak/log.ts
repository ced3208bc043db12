import type { Emulator } from '../../emulator/emulator.ts';
import type { LogRecord, LogSink } from '../../emulator/log-record.ts';
import { lineFields } from './metrics.ts';
import { linesOf, soakLogstores, type SoakRoute } from './routes.ts';

/** Half-open, Unix seconds. */
interface Span {
  readonly fromSeconds: number;
  toSeconds: number;
}

/** The log of all routes, put before its time, so that no busy machine makes a line late; and what is in it. */
export class SoakLog {
  readonly #logstores: readonly { readonly routes: readonly SoakRoute[]; readonly sink: LogSink }[];
  readonly #spans: Span[] = [];

  constructor(emulator: Emulator, routes: readonly SoakRoute[]) {
    this.#logstores = soakLogstores.map(({ project, logstore }) => ({
      routes: routes.filter((route) => route.logstore === logstore),
      sink: emulator.sink(project, logstore),
    }));
  }

  /** Puts the seconds up to there; what was put ends too early to be gone on with where it ends before `fromSeconds`. */
  async put(fromSeconds: number, toSeconds: number): Promise<void> {
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
   * Lines of some routes of a logstore, or of all.
   *
   * @returns undefined where the window is not all within what was put
   */
  count(
    logstore: string,
    routes: readonly SoakRoute[] | undefined,
    fromSeconds: number,
    toSeconds: number,
  ): number | undefined {
    const isPut = this.#spans.some((span) => span.fromSeconds <= fromSeconds && toSeconds <= span.toSeconds);
    if (!isPut) return undefined;
    const place = soakLogstores.findIndex((one) => one.logstore === logstore);
    let lines = 0;
    for (const { index } of routes ?? this.#logstores[place]?.routes ?? []) {
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
