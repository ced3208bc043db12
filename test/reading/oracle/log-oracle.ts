/**
 * What a reading must be, counted from the lines themselves in the words of the design ("Meaning of a reading"),
 * with nothing of what computes readings, so that mistakes do not cancel.
 */

/** One line of an access log, and from when on queries may see it. */
export interface LoggedLine {
  readonly timeSeconds: number;
  readonly visibleAtMs: number;
  /** The backend that served it; undefined: it names none. */
  readonly route: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

/** What is asked of a logstore. */
export interface Question {
  readonly metric: string;
  /** Undefined: the whole logstore. */
  readonly route: string | undefined;
  readonly intervalSeconds: number;
  readonly delaySeconds: number;
}

interface MetricOracle {
  /** Metrics of different kinds of log cannot share a query. */
  readonly logKind: string;
  /** The value from the lines of the route in the window. */
  readonly value: (lines: readonly LoggedLine[], windowSeconds: number) => number;
}

/** One entry a metric of the catalogue. */
export const metricOracles: Readonly<Record<string, MetricOracle>> = {
  sls_ingress_qps: {
    logKind: 'nginx-ingress',
    value: (lines, windowSeconds) => lines.length / windowSeconds,
  },
};

/** @throws Error for a metric without an entry above */
export function metricOracle(metric: string): MetricOracle {
  const oracle = metricOracles[metric];
  if (oracle === undefined) throw new Error(`no oracle for ${metric}: give it an entry in metricOracles`);
  return oracle;
}

/** Whole Unix seconds: the start is in the window, the end is not. */
export function trueWindow({ intervalSeconds, delaySeconds }: Question, nowMs: number) {
  const endSeconds = Math.trunc(nowMs / 1000) - delaySeconds;
  return { startSeconds: endSeconds - intervalSeconds, endSeconds };
}

/** What the reading of a logstore is at a time, with the lines that are visible by then, or by another time. */
export function trueReading(
  lines: readonly LoggedLine[],
  question: Question,
  nowMs: number,
  visibleByMs = nowMs,
): number {
  const { value } = metricOracle(question.metric);
  const { startSeconds, endSeconds } = trueWindow(question, nowMs);
  const counted = lines.filter(
    (line) =>
      line.visibleAtMs <= visibleByMs &&
      line.timeSeconds >= startSeconds &&
      line.timeSeconds < endSeconds &&
      (question.route === undefined || line.route === question.route),
  );
  return value(counted, endSeconds - startSeconds);
}

/**
 * The backend that served a request of nginx-ingress: the canary where it was one, else the primary.
 *
 * @param hasAlternative whether the logstore's index has the column that names a canary
 */
export function servedBy(fields: LoggedLine['fields'], hasAlternative: boolean): string | undefined {
  const canary = hasAlternative ? fields['proxy_alternative_upstream_name'] : undefined;
  return canary !== undefined && isBackendName(canary) ? canary : fields['proxy_upstream_name'];
}

/**
 * Whether it can be cut at two hyphens into `{namespace}-{service}-{port}`, DNS labels and a port, each of which
 * begins and ends with a letter or digit.
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
