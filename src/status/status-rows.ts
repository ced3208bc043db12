import { windowSeconds, type Sample } from '../metric/sample.ts';
import { filterTexts } from '../metric/series.ts';
import { wantedReplicas } from '../metric/external-metric-ref.ts';
import { failureOf, type AutoscalerMetric, type TrackedAutoscaler } from './autoscaler-tracker.ts';
import type { RefusedRead } from './read-tracker.ts';
import type { TrackedSeries } from './series-tracker.ts';
import type {
  AutoscalerMetricStatus,
  AutoscalerStatus,
  ReadingChange,
  RefusedStatus,
  SeriesStatus,
} from './status-document.ts';

/** Returns when SLS was queried, Unix ms: in whole seconds, as windows are. */
const plannedAtMsOf = ({ window }: Sample, delaySeconds: number) => (window.endSeconds + delaySeconds) * 1000;

export function seriesStatus(tracked: TrackedSeries): SeriesStatus {
  const { id, state, series, history, sample, delaySeconds, readers } = tracked;
  const { error, failingSinceMs } = tracked;
  const { metric, project, logstore, route, filters, intervalSeconds } = series;
  return {
    id,
    state,
    metric: metric.name,
    unit: metric.unit,
    project,
    logstore,
    route: route ?? null,
    filters: filterTexts(filters),
    value: sample?.value ?? null,
    history: history.map((value) => Number(value.toPrecision(4))),
    windowEndSeconds: sample?.window.endSeconds ?? null,
    windowSeconds: sample === undefined ? intervalSeconds : windowSeconds(sample.window),
    delaySeconds: sample === undefined ? null : delaySeconds,
    plannedAtMs: sample === undefined ? null : plannedAtMsOf(sample, delaySeconds),
    readers: [...readers.keys()],
    failure: error === undefined ? null : { ...failureOf(error), sinceMs: failingSinceMs },
  };
}

export const readingChange = ({ id, sample, delaySeconds }: TrackedSeries): ReadingChange => [
  id,
  sample?.value ?? 0,
  sample?.window.endSeconds ?? 0,
  sample === undefined ? 0 : plannedAtMsOf(sample, delaySeconds),
  delaySeconds,
  sample === undefined ? 0 : windowSeconds(sample.window),
];

export const autoscalerStatus = ({ namespace, name, metrics }: TrackedAutoscaler): AutoscalerStatus => ({
  namespace,
  name,
  metrics: metrics.filter(({ refusal }) => refusal === undefined).map(metricStatus),
});

function metricStatus({ metric, target, series }: AutoscalerMetric): AutoscalerMetricStatus {
  const values = series.map(({ sample }) => sample?.value);
  const known = values.filter((value) => value !== undefined);
  const isComplete = known.length === values.length && known.length > 0;
  const sum = isComplete ? known.reduce((total, value) => total + value, 0) : undefined;
  const replicas = sum === undefined || target === undefined ? undefined : wantedReplicas(sum, target);
  return {
    metric,
    series: series.map(({ id }) => id),
    target: target ?? null,
    sum: sum ?? null,
    wantedReplicas: replicas ?? null,
  };
}

/** Returns the refused metrics of HPAs, and the refused reads that no HPA of the same namespace explains. */
export function refusedStatus(
  autoscalers: Iterable<TrackedAutoscaler>,
  reads: readonly RefusedRead[],
): RefusedStatus[] {
  const named = [...autoscalers].flatMap(({ namespace, name, metrics }) =>
    metrics.flatMap(({ metric, refusal }) =>
      refusal === undefined ? [] : { namespace, autoscaler: name, metric, selector: null, ...refusal },
    ),
  );
  const explained = new Set(named.map(causeKey));
  const others = reads
    .map(({ error, ...read }) => ({ ...read, autoscaler: null, ...failureOf(error) }))
    .filter((read) => !explained.has(causeKey(read)));
  return [...named, ...others];
}

const causeKey = ({ namespace, metric, what }: RefusedStatus) => JSON.stringify([namespace, metric, what]);
