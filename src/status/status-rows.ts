import { errorRegistry, type AdapterError } from '../errors.ts';
import { filterEntries } from '../metric/line-filters.ts';
import { wantedReplicas } from '../metric/scale-target.ts';
import type { AutoscalerMetric, KnownAutoscaler } from './autoscaler-book.ts';
import type { RefusedRead } from './reads.ts';
import type { SeriesRecord } from './series-record.ts';
import type {
  AutoscalerMetricStatus,
  AutoscalerStatus,
  FailureStatus,
  ReadingChange,
  RefusedStatus,
  SeriesStatus,
} from './status-document.ts';

export const failureOf = ({ code, what }: AdapterError): FailureStatus => ({
  code,
  what,
  remedy: errorRegistry[code].remedy,
});

/** @param history of its readings */
export function seriesStatus(record: SeriesRecord, history: readonly number[]): SeriesStatus {
  const { id, state, series, sample, plannedAtMs, delaySeconds, readers, error, failingSinceMs } = record;
  const { metric, project, logstore, route, filters, intervalSeconds } = series;
  const { name, unit } = metric;
  return {
    id,
    state,
    metric: name,
    unit,
    project,
    logstore,
    route: route ?? null,
    filters: Object.fromEntries(filterEntries(filters)),
    value: sample?.value ?? null,
    history,
    windowEndSeconds: sample?.window.endSeconds ?? null,
    windowSeconds: intervalSeconds,
    delaySeconds: sample === undefined ? null : delaySeconds,
    plannedAtMs: sample === undefined ? null : plannedAtMs,
    readers,
    failure: error === undefined ? null : { ...failureOf(error), sinceMs: failingSinceMs },
  };
}

export const readingChange = ({ id, sample, plannedAtMs, delaySeconds }: SeriesRecord): ReadingChange => [
  id,
  sample?.value ?? 0,
  sample?.window.endSeconds ?? 0,
  plannedAtMs,
  delaySeconds,
];

export const autoscalerStatus = ({ namespace, name, metrics }: KnownAutoscaler): AutoscalerStatus => ({
  namespace,
  name,
  metrics: metrics.filter(({ refusal }) => refusal === undefined).map(metricStatus),
});

function metricStatus({ metric, target, records }: AutoscalerMetric): AutoscalerMetricStatus {
  const values = records.map(({ sample }) => sample?.value);
  const known = values.filter((value) => value !== undefined);
  const isWhole = known.length === values.length && known.length > 0;
  const sum = isWhole ? known.reduce((total, value) => total + value, 0) : undefined;
  const replicas = sum === undefined || target === undefined ? undefined : wantedReplicas(sum, target);
  return {
    metric,
    series: records.map(({ id }) => id),
    target: target ?? null,
    sum: sum ?? null,
    wantedReplicas: replicas ?? null,
  };
}

/** Those of HPAs, and those of others who read what no HPA of their namespace is refused for. */
export function refusedStatus(
  autoscalers: Iterable<KnownAutoscaler>,
  reads: readonly RefusedRead[],
): RefusedStatus[] {
  const named: RefusedStatus[] = [];
  for (const { namespace, name, metrics } of autoscalers) {
    for (const { metric, refusal } of metrics) {
      if (refusal === undefined) continue;
      named.push({ namespace, autoscaler: name, metric, selector: null, ...failureOf(refusal) });
    }
  }
  const told = new Set(named.map(causeKey));
  const others = reads
    .map(({ namespace, metric, selector, error }) => ({
      namespace,
      autoscaler: null,
      metric,
      selector,
      ...failureOf(error),
    }))
    .filter((read) => !told.has(causeKey(read)));
  return [...named, ...others];
}

const causeKey = ({ namespace, metric, what }: RefusedStatus) => JSON.stringify([namespace, metric, what]);
