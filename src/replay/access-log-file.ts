import { AdapterError } from '../errors.ts';
import { ingressLogs } from '../metric/ingress-logs.ts';
import { isIngressLog, type IngressLog } from '../metric/log-kind.ts';
import { filterEntries, type Series } from '../metric/series.ts';
import { linesOf } from './counts-file.ts';
import { parseJsonLine, type AccessLine } from './json-line.ts';
import { SecondCounts, type CountedSeries } from './traffic.ts';

/**
 * A line as ACK's collector reads it, from the time on. The names of the lists of a retried request stay in `upstreams`.
 * Source: ACK, "Collect and analyze NGINX Ingress access logs".
 */
const lineForm =
  /\[(?<time>\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "(?<method>\w+) [^ "]+ [^"]+" (?<status>\d+) (?<bodyBytes>\d+) "[^"]*" "[^"]*" (?<requestLength>[^ ]+) (?<requestTime>[^ ]+) \[(?<primary>[^\]]*)\](?<rest>.*)$/;

/** The host, and the name of a canary's backend at the end. */
const restForm = /(?:^| )(?<host>[^ [\]]*)(?: {0,9}\[(?<alternative>[^\][]*)\])?$/;
const backendForm = /^[a-z0-9][-a-z0-9]*-[a-z0-9][-a-z0-9]*-[a-z0-9][-a-z0-9]*$/;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Returns Unix seconds of nginx's `$time_local`; undefined: it is none. */
function parseLocalTime(text: string): number | undefined {
  const [day = '', month = '', year = '', hour, minute, second, zone = ''] = text.split(/[/: ]/);
  const at = months.indexOf(month);
  const sign = zone.startsWith('-') ? -1 : 1;
  const offsetSeconds = sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(3)) * 60);
  const ms = Date.UTC(Number(year), at, Number(day), Number(hour), Number(minute), Number(second));
  return at < 0 || Number.isNaN(ms) ? undefined : ms / 1000 - offsetSeconds;
}

/** Returns undefined for a line in another form. */
function parseAccessLine(line: string): AccessLine | undefined {
  const fields = lineForm.exec(line)?.groups;
  const seconds = fields && parseLocalTime(fields['time'] ?? '');
  if (fields === undefined || seconds === undefined) return undefined;
  const rest = fields['rest']?.trimEnd() ?? '';
  // The default form of ingress-nginx has the name of the canary first, and no host.
  const inDefault = /^ \[(?<alternative>[^\][]*)\] /.exec(rest);
  const { host = '', alternative = '' } = (inDefault ?? restForm.exec(rest))?.groups ?? {};
  return {
    ...{ seconds, method: fields['method'] ?? '', status: fields['status'] ?? '', host },
    bodyBytes: fields['bodyBytes'] ?? '',
    requestLength: fields['requestLength'] ?? '',
    requestTime: fields['requestTime'] ?? '',
    route: backendForm.test(alternative) ? alternative : (fields['primary'] ?? ''),
  };
}

const parseLine = (text: string, log: IngressLog): AccessLine | undefined =>
  (log.kind === 'nginx-ingress' ? parseAccessLine(text) : undefined) ?? parseJsonLine(text, log);

/** What a line adds to an aggregate of the catalogue, by its alias. */
const numberColumns: Readonly<Record<string, (line: AccessLine) => string>> = {
  request_time: ({ requestTime }) => requestTime,
  request_length: ({ requestLength }) => requestLength,
  body_bytes_sent: ({ bodyBytes }) => bodyBytes,
};

const numberForm = /^\d+(\.\d+)?$/;

function adder(alias: string): (line: AccessLine) => number {
  if (alias === 'requests') return () => 1;
  const [, column = '', kind] = /^(.*)_(lines|sum)$/.exec(alias) ?? [];
  const textOf = numberColumns[column];
  if (textOf === undefined) throw new AdapterError('Internal', `no line of a log has ${alias}`);
  return (line) => {
    const text = textOf(line);
    if (!numberForm.test(text)) return 0;
    return kind === 'lines' ? 1 : Number(text);
  };
}

/** Whether a line counts for the series: its route and its filters. */
function matcher({ route, filters }: Series): (line: AccessLine) => boolean {
  const checks = filterEntries(filters).map(([name, { operator, values }]) => {
    const isOne = (text: string) =>
      values.some((value) => (value.endsWith('xx') ? text.startsWith(value.charAt(0)) : text === value));
    return (line: AccessLine) => isOne(line[name]) === (operator === 'in');
  });
  return (line) => (route === undefined || line.route === route) && checks.every((check) => check(line));
}

class SeriesCounter {
  readonly series: Series;
  readonly #matches: (line: AccessLine) => boolean;
  readonly #columns: readonly { readonly alias: string; readonly add: (line: AccessLine) => number }[];
  /** Second → the sums of the columns. */
  readonly #bySecond = new Map<number, number[]>();

  constructor(series: Series) {
    this.series = series;
    this.#matches = matcher(series);
    this.#columns = Object.keys(series.metric.aggregates).map((alias) => ({ alias, add: adder(alias) }));
  }

  count(line: AccessLine): void {
    if (!this.#matches(line)) return;
    let sums = this.#bySecond.get(line.seconds);
    if (sums === undefined) this.#bySecond.set(line.seconds, (sums = this.#columns.map(() => 0)));
    for (const [index, { add }] of this.#columns.entries()) sums[index] = (sums[index] ?? 0) + add(line);
  }

  end(startSeconds: number, endSeconds: number): CountedSeries {
    const counts = this.#columns.map(({ alias }, column) => {
      const values = new Float64Array(endSeconds - startSeconds);
      for (const [second, sums] of this.#bySecond)
        if (second >= startSeconds && second < endSeconds) values[second - startSeconds] = sums[column] ?? 0;
      return [alias, values] as const;
    });
    return { series: this.series, counts: new SecondCounts(startSeconds, new Map(counts)) };
  }
}

const unreadableLine = {
  ...{ method: '', status: '', bodyBytes: '', requestLength: '', requestTime: '', host: '' },
  // No route has this name.
  route: '',
};

/** A line more or less in another form is usual. */
const leastReadableShare = 0.5;

/**
 * Counts the requests in the access log of a gateway, by the second: of nginx-ingress in ACK's form, its default form or
 * JSON, of others in JSON.
 *
 * @param series for each metric, its series
 * @param between only lines from the first to before the second, in Unix seconds
 * @returns from the first second to after the last, whatever the route, as far as asked for
 * @throws AdapterError `TrafficInvalid`
 */
export async function readAccessLog(
  file: string,
  series: readonly (readonly Series[])[],
  between: readonly [number, number] = [-Infinity, Infinity],
) {
  const counters = series.map((ofMetric) => ofMetric.map((one) => new SeriesCounter(one)));
  const all = counters.flat();
  const [log = ingressLogs['nginx-ingress'], ...others] = new Map(
    all.flatMap(({ series: { metric } }) =>
      isIngressLog(metric.logKind) ? [[metric.logKind.kind, metric.logKind] as const] : [],
    ),
  ).values();
  if (others.length > 0)
    throw new AdapterError(
      'TrafficInvalid',
      `${file}: one file cannot be the log of ${[log, ...others].map(({ kind }) => kind).join(' and ')}, which the metrics of the HPA read`,
    );
  const needsHost = all.some(({ series }) => series.filters.host !== undefined);
  let hasHost = false;
  let [lines, unreadable, first, last, lastSeconds] = [0, 0, Infinity, -Infinity, Number.NaN];
  for await (const text of linesOf(file)) {
    if (text === '') continue;
    lines += 1;
    const line = parseLine(text, log);
    if (line === undefined) unreadable += 1;
    else hasHost ||= line.host !== '';
    // A line in another form counts for the whole logstore, as the collector keeps it.
    const counted = line ?? { ...unreadableLine, seconds: lastSeconds };
    lastSeconds = counted.seconds;
    if (Number.isNaN(lastSeconds)) continue;
    first = Math.min(first, lastSeconds);
    last = Math.max(last, lastSeconds);
    if (lastSeconds < between[0] || lastSeconds >= between[1]) continue;
    for (const counter of all) counter.count(counted);
  }
  if (lines - unreadable < lines * leastReadableShare || lines === 0)
    throw new AdapterError(
      'TrafficInvalid',
      `${file}: ${unreadable} of ${lines} lines are not in ${log.kind === 'nginx-ingress' ? "ACK's form of the nginx-ingress access log, its default form or JSON" : `the JSON of ${log.kind}, which the metric reads`}`,
    );
  if (needsHost && !hasHost)
    throw new AdapterError('TrafficInvalid', `${file}: no line has a host, and the HPA names one`);
  // A log with lines before and after the given time covers all of it, whatever its first and last line within.
  const startSeconds = Math.max(first, between[0]);
  const endSeconds = Math.min(last + 1, between[1]);
  if (startSeconds >= endSeconds)
    throw new AdapterError('TrafficMissing', `${file}: no line is from the given time`);
  return {
    ...{ startSeconds, endSeconds, lines },
    /** Lines in another form, such as TLS hellos. They count for no route, as in SLS. */
    unreadable,
    byMetric: counters.map((ofMetric) => ofMetric.map((one) => one.end(startSeconds, endSeconds))),
  };
}
