import { errorRegistry, type ErrorCode } from '../../errors.ts';
import type { Telemetry } from '../telemetry.ts';
import type { MetricRegistry } from './metric-registry.ts';

/** More than the adapter serves. Names of metrics that it does not serve are counted as `other`. */
const maxMetricNames = 200;

/** A read that failed with one of these codes may have named any metric. */
const codesBeforeTheName: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode | undefined>([
  'MetricUnknown',
  'SelectorMalformed',
  'LabelValueTooLong',
  'ParameterInvalid',
  'MethodUnsupported',
]);

const readSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const ageSeconds = [2, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600];
const querySeconds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const batchSizes = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

export function countEvents(registry: MetricRegistry, projectOf: LabelOf): Partial<Telemetry> {
  return {
    ...countReads(registry),
    ...countQueries(registry, projectOf),
    ...countReadings(registry),
    ...countKubeEvents(registry),
  };
}

function countReads(registry: MetricRegistry) {
  const nameOf = boundedLabel(maxMetricNames);
  const reads = registry.counter(
    'reads_total',
    ['metric', 'code', 'source', 'client'],
    'Reads of external metrics, by the code of the error (ok: none), where the reading came from (fresh from the store, cold from SLS, stale from the store for want of SLS, or none), and the client (api or keda).',
  );
  const durations = registry.histogram(
    'read_duration_seconds',
    ['source'],
    readSeconds,
    'Time that a read of an external metric took, from its parsing to its answer.',
  );
  for (const source of ['fresh', 'cold', 'stale', 'none']) durations.zero({ source });
  const ages = registry.histogram(
    'reading_age_seconds',
    [],
    ageSeconds,
    'Age of each reading served: from the end of its oldest window to its answer.',
  );
  const refusals = registry.counter(
    'requests_refused_total',
    ['code'],
    'Requests refused before they were a read or beside one, by the code of the error.',
  );
  return {
    readFinished: ({ read, client = 'api' as const, error, source = 'none' as const, ageMs, durationMs }) => {
      const metric = codesBeforeTheName.has(error?.code) ? otherName : nameOf(read.metric);
      reads.inc({ metric, code: error?.code ?? 'ok', source, client });
      durations.observe({ source }, durationMs / 1000);
      if (ageMs !== undefined) ages.observe(ageMs / 1000);
    },
    requestRefused: ({ error }) => refusals.inc({ code: error.code }),
  } satisfies Partial<Telemetry>;
}

function countQueries(registry: MetricRegistry, projectOf: LabelOf) {
  const queries = registry.counter(
    'sls_queries_total',
    ['project', 'outcome', 'code'],
    'Queries sent to SLS, retries and probes of the delay included, by outcome (ok, failed, canceled) and the code of the error (ok: none).',
  );
  const durations = registry.histogram(
    'sls_query_duration_seconds',
    ['project'],
    querySeconds,
    'Time that a query to SLS took.',
  );
  const bytes = registry.counter(
    'sls_processed_bytes_total',
    ['project'],
    'Bytes that SLS read for our queries, as it reports them.',
  );
  const openings = registry.counter(
    'sls_circuit_openings_total',
    ['project'],
    'How often the circuit of a project opened, once an outage.',
  );
  return {
    slsQueryFinished: ({ project: name, outcome: code, durationMs, processedBytes }) => {
      const project = projectOf(name, code === 'ok');
      const outcome = code === 'ok' ? 'ok' : errorRegistry[code].countsAs;
      queries.inc({ project, outcome, code });
      durations.observe({ project }, durationMs / 1000);
      bytes.inc({ project }, processedBytes ?? 0);
    },
    circuitOpened: ({ project }) => openings.inc({ project: projectOf(project) }),
  } satisfies Partial<Telemetry>;
}

function countReadings(registry: MetricRegistry) {
  const batches = registry.histogram(
    'sls_batch_series',
    [],
    batchSizes,
    'How many series one query to SLS answers; retries are no part.',
  );
  const reasons = registry.counter(
    'sls_batches_total',
    ['reason'],
    'Queries for readings, retries not counted, by reason: due (before reads that are due) or read (a read waits).',
  );
  const shrunk = registry.counter(
    'shrunk_readings_total',
    ['metric'],
    'Readings of a window shorter than usual, because requests rose (sls.query.window: adaptive).',
  );
  return {
    // Only built-in metrics have adaptive windows.
    windowShrunk: ({ metric }) => shrunk.inc({ metric }),
    batchSent: ({ series, reason }) => {
      batches.observe(series);
      reasons.inc({ reason });
    },
  } satisfies Partial<Telemetry>;
}

function countKubeEvents(registry: MetricRegistry) {
  const ends = registry.counter(
    'kube_watch_ends_total',
    ['resource', 'reason'],
    'Watches and lists that ended, by reason: closed in order, expired, silent or failed.',
  );
  const reviews = registry.counter(
    'kube_reviews_failed_total',
    ['kind'],
    'Reviews that got no answer from the API server, retries included.',
  );
  const certificates = registry.counter(
    'serving_certificate_failures_total',
    [],
    'How often a new serving certificate could not be used, so that the last good one stays.',
  );
  return {
    watchEnded: ({ path, reason }) => ends.inc({ resource: resourceOf(path), reason }),
    reviewFailed: ({ kind }) => reviews.inc({ kind }),
    servingPairUnusable: () => certificates.inc(),
  } satisfies Partial<Telemetry>;
}

/** `/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers` → `horizontalpodautoscalers` */
const resourceOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The label value for all names beyond the limit. */
export const otherName = 'other';

/** @param isReal whether SLS has answered for the name, so that it exists. Default: not known */
export type LabelOf = (name: string, isReal?: boolean) => string;

/** A real name that was not seen for so long gives way to another. */
const unseenMs = 10 * 60_000;

/**
 * Bounds how many values a label has if clients choose the names: the rest become `other`. A name that may be made up gives
 * way to a real one.
 *
 * @param dropped called with a name that gave way
 */
export function boundedLabel(
  limit: number,
  dropped: (name: string) => void = () => undefined,
  monotonicMs: () => number = () => performance.now(),
): LabelOf {
  /**
   * Name → when it was seen to be real. The least recently seen first.
   *
   * @bound `limit` names | as long as the names, 63 characters | made-up names give way to real ones | a constant
   */
  const kept = new Map<string, number>();
  const makeRoom = (nowMs: number): boolean => {
    const isSpare = (seenMs: number) => nowMs - seenMs > unseenMs;
    const [name] = [...kept].find(([, seenMs]) => isSpare(seenMs)) ?? [];
    if (name === undefined) return false;
    dropped(name);
    return kept.delete(name);
  };
  return (name, isReal = false) => {
    const nowMs = isReal ? monotonicMs() : -Infinity;
    if (kept.has(name) && !isReal) return name;
    if (!kept.has(name) && kept.size >= limit && !(isReal && makeRoom(nowMs))) return otherName;
    kept.delete(name);
    kept.set(name, nowMs);
    return name;
  };
}
