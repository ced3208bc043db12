import type { Decision } from '../../src/scaling/controller.ts';
import type { HpaManifest } from '../../src/scaling/hpa-manifest.ts';

type Hpa = Pick<HpaManifest, 'spec' | 'selectors'>;

/** An event of an HPA, as `kubectl describe hpa` shows it. */
interface ControllerEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Where a read failed, why. */
interface ReadFailure {
  readonly namespace: string;
  /** Of the first metric that failed, such as `unable to fetch metrics from external metrics API: …`. */
  readonly error: string;
}

const noItems: ReadFailure = {
  namespace: 'default',
  error: 'no metrics returned from external metrics API',
};

function metricText({ spec, selectors }: Hpa, index: number): string {
  const metric = spec.metrics[index];
  return metric === undefined ? '' : `external metric ${metric.name}(${selectorText(selectors[index])})`;
}

/** Returns why one metric has no value, as the controller says it. */
function failureText({ spec, selectors }: Hpa, index: number, { namespace, error }: ReadFailure): string {
  const { name = '' } = spec.metrics[index] ?? {};
  return `unable to get external metric ${namespace}/${name}/${selectorText(selectors[index])}: ${error}`;
}

/** Returns the events that the controller writes with a decision. */
export function eventsOf(hpa: Hpa, decision: Decision, failure = noItems): ControllerEvent[] {
  const { spec } = hpa;
  const events: ControllerEvent[] = [];
  const { kind, current, replicas, firstInvalid, invalidMetrics } = decision;
  if (firstInvalid >= 0) {
    const { name = '' } = spec.metrics[firstInvalid] ?? {};
    const text = failureText(hpa, firstInvalid, failure);
    events.push({ type: 'Warning', reason: 'FailedGetExternalMetric', message: text });
    if (kind === 'failed')
      events.push({
        type: 'Warning',
        reason: 'FailedComputeMetricsReplicas',
        message:
          `invalid metrics (${invalidMetrics} invalid out of ${spec.metrics.length}), first error is: ` +
          `failed to get ${name} external metric value: ${failedTo(spec, firstInvalid)}: ${text}`,
      });
  }
  if (replicas !== current)
    events.push({
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: `New size: ${replicas}; reason: ${rescaleReason(hpa, decision)}`,
    });
  return events;
}

const failedTo = ({ metrics }: Hpa['spec'], index: number): string => {
  const { name = '', kind } = metrics[index] ?? {};
  return kind === 'Value' ? `failed to get external metric ${name}` : `failed to get ${name} external metric`;
};

function rescaleReason(hpa: Hpa, { kind, current, proposal, metric }: Decision): string {
  if (kind === 'aboveMax') return 'Current number of replicas above Spec.MaxReplicas';
  if (kind === 'belowMin') return 'Current number of replicas below Spec.MinReplicas';
  if (proposal > current) return `${metricText(hpa, metric)} above target`;
  if (proposal < current) return 'All metrics below target';
  return current === 0 ? 'Current number of replicas below Spec.MinReplicas' : '';
}

/**
 * Returns a LabelSelector as Go prints it in events: `%+v` of a `*metav1.LabelSelector`, which is its
 * generated `String`.
 *
 * @param selector of a metric in an HPA, as the manifest has it
 */
export function selectorText(selector: unknown): string {
  if (selector === undefined || selector === null) return 'nil';
  const { matchLabels, matchExpressions } = selector as {
    matchLabels?: Record<string, unknown>;
    matchExpressions?: { key?: unknown; operator?: unknown; values?: unknown[] }[];
  };
  const labels = Object.entries(matchLabels ?? {})
    .sort(([one], [other]) => Number(one > other) - Number(one < other))
    .map(([key, value]) => `${key}: ${String(value)},`);
  const expressions = (matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${String(key)},Operator:${String(operator)},Values:[${(values ?? []).join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
