/**
 * Computes what a reading must be from the lines themselves, by the design's "Meaning of a reading". Shares no code with
 * what computes readings, so that mistakes do not cancel.
 */

import { exactly, measureOracles, type ReadingOf, type TrueReading } from './measure-oracles.ts';

export type { TrueReading } from './measure-oracles.ts';

export type LogKind = 'nginx-ingress' | 'alb-ingress';

/** One line of an access log, and when it becomes visible to queries. */
export interface LoggedLine {
  readonly timeSeconds: number;
  readonly visibleAtMs: number;
  /** The backend that served it, by kind of log; undefined if that log names none. */
  readonly routes: Readonly<Record<LogKind, string | undefined>>;
  /** The host that the client asked for, by kind of log. */
  readonly hosts: Readonly<Record<LogKind, string | undefined>>;
  readonly fields: Readonly<Record<string, string>>;
}

/** `in`: lines with one of the values. `notin`: all other lines. */
interface Filter {
  readonly operator: 'in' | 'notin';
  readonly values: readonly string[];
}

/** One question to a logstore. */
export interface Question {
  readonly metric: string;
  /** Undefined: the whole logstore. */
  readonly route: string | undefined;
  readonly intervalSeconds: number;
  readonly delaySeconds: number;
  readonly filters: Readonly<Partial<Record<'host' | 'method' | 'status', Filter>>>;
}

interface MetricOracle {
  /** Metrics of different kinds of log cannot share a query. */
  readonly logKind: LogKind;
  readonly reading: ReadingOf;
}

const oraclesOf = (prefix: string, logKind: LogKind): [string, MetricOracle][] =>
  Object.entries(measureOracles).map(([suffix, reading]) => [`${prefix}${suffix}`, { logKind, reading }]);

/** One entry for each metric of these kinds of log. Those of other gateways: `gateway-requests.ts`. */
export const metricOracles: Readonly<Record<string, MetricOracle>> = Object.fromEntries([
  ...oraclesOf('sls_ingress_', 'nginx-ingress'),
  ...oraclesOf('sls_alb_ingress_', 'alb-ingress'),
]);

/** @throws Error for a metric without an entry above */
export function metricOracle(metric: string): MetricOracle {
  const oracle = metricOracles[metric];
  if (oracle === undefined) throw new Error(`no oracle for ${metric}: give it an entry in metricOracles`);
  return oracle;
}

/** Returns whole Unix seconds; the start is in the window, the end is not. */
export function trueWindow({ intervalSeconds, delaySeconds }: Question, nowMs: number) {
  const endSeconds = Math.trunc(nowMs / 1000) - delaySeconds;
  return { startSeconds: endSeconds - intervalSeconds, endSeconds };
}

/** Returns the reading at `nowMs` from the lines that are visible at `visibleByMs`. */
export function trueReading(
  lines: readonly LoggedLine[],
  question: Question,
  nowMs: number,
  visibleByMs = nowMs,
): TrueReading {
  const { logKind, reading } = metricOracle(question.metric);
  const { startSeconds, endSeconds } = trueWindow(question, nowMs);
  const counted = lines.filter(
    (line) =>
      line.visibleAtMs <= visibleByMs &&
      line.timeSeconds >= startSeconds &&
      line.timeSeconds < endSeconds &&
      (question.route === undefined || line.routes[logKind] === question.route) &&
      passes(line, question, logKind),
  );
  return counted.length === 0 ? exactly(0) : reading(counted, endSeconds - startSeconds);
}

function passes({ fields, hosts }: LoggedLine, { filters }: Question, logKind: LogKind): boolean {
  const method = logKind === 'nginx-ingress' ? fields['method'] : fields['request_method'];
  const { host: ofHost, method: ofMethod, status: ofStatus } = filters;
  return (
    passesOne(ofHost, (value) => value === hosts[logKind]) &&
    passesOne(ofMethod, (value) => value === method) &&
    passesOne(ofStatus, (value) => hasStatus(fields['status'], value))
  );
}

const passesOne = (filter: Filter | undefined, isValue: (value: string) => boolean): boolean =>
  filter === undefined || filter.values.some(isValue) === (filter.operator === 'in');

function hasStatus(logged: string | undefined, wanted: string): boolean {
  if (wanted === '000') return logged === '000' || logged === '0';
  if (!wanted.endsWith('xx')) return logged === wanted;
  return /^\d\d\d$/.test(logged ?? '') && logged?.charAt(0) === wanted.charAt(0);
}

/**
 * Returns the backend that served a request of nginx-ingress: the canary if one did, else the primary. In the misread line
 * of a retried request, the name of the canary comes after the last `[` of the field.
 *
 * @param hasAlternative whether the logstore's index has the column that names a canary
 */
export function servedBy(fields: LoggedLine['fields'], hasAlternative: boolean): string | undefined {
  const canary = hasAlternative ? fields['proxy_alternative_upstream_name']?.split('[').at(-1) : undefined;
  return canary !== undefined && isBackendName(canary) ? canary : fields['proxy_upstream_name'];
}

/**
 * Whether the name can be cut at two hyphens into `{namespace}-{service}-{port}`: DNS labels and a port that each begin
 * and end with a letter or digit.
 */
function isBackendName(name: string): boolean {
  const isPlain = (at: number) => /[a-z0-9]/.test(name.charAt(at));
  const last = name.length - 1;
  if (/[^-a-z0-9]/.test(name) || !isPlain(0) || !isPlain(last)) return false;
  let cuts = 0;
  for (let at = 1; at < last; at += 1)
    if (name.charAt(at) === '-' && isPlain(at - 1) && isPlain(at + 1)) cuts += 1;
  return cuts >= 2;
}

/**
 * Returns the host of a request to nginx-ingress. A line with several upstreams has it in the field that the collector
 * misreads: `502, 200 46b79 a.example.com [`.
 *
 * @param hasAlternative whether the logstore's index has that field
 */
export function hostOf(fields: LoggedLine['fields'], hasAlternative: boolean): string | undefined {
  const misread = hasAlternative ? (fields['proxy_alternative_upstream_name'] ?? '') : '';
  const words = misread.slice(0, Math.max(0, misread.lastIndexOf('['))).split(' ');
  const found = words.at(-1) === '' ? words.at(-2) : undefined;
  return found === undefined || found === '' ? fields['host'] : found;
}
