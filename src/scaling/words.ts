import type { AutoscalerSpec } from './autoscaler-spec.ts';
import type { Decision, LimitReason } from './controller.ts';

/** A condition of an HPA, as `kubectl describe hpa` shows it. */
interface Condition {
  readonly type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

interface ControllerEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

const limitMessages: Readonly<Record<LimitReason, string>> = {
  DesiredWithinRange: 'the desired count is within the acceptable range',
  TooFewReplicas: 'the desired replica count is less than the minimum replica count',
  TooManyReplicas: 'the desired replica count is more than the maximum replica count',
  ScaleUpLimit: 'the desired replica count is increasing faster than the maximum scale rate',
  ScaleDownLimit: 'the desired replica count is decreasing faster than the maximum scale rate',
};

const metricText = ({ metrics }: AutoscalerSpec, index: number): string => {
  const metric = metrics[index];
  return metric === undefined ? '' : `external metric ${metric.name}(${metric.selectorText})`;
};

/** Returns why one metric has no value, as the controller says it. */
function failureText({ metrics }: AutoscalerSpec, index: number, { namespace, error }: ReadFailure): string {
  const { name = '', selectorText = '' } = metrics[index] ?? {};
  return `unable to get external metric ${namespace}/${name}/${selectorText}: ${error}`;
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

const condition = (type: Condition['type'], isTrue: boolean, reason: string, message: string): Condition => ({
  type,
  status: isTrue ? 'True' : 'False',
  reason,
  message,
});

/** Returns the conditions that the controller sets with a decision. Those that it leaves alone are not among them. */
export function conditionsOf(spec: AutoscalerSpec, decision: Decision, failure = noItems): Condition[] {
  const { kind, current, replicas, stabilized, limit, metric, firstInvalid, scaledToZero } = decision;
  const able = (reason: string, message: string) => condition('AbleToScale', true, reason, message);
  const inactive = (reason: string, message: string) => [
    able('SucceededGetScale', "the HPA controller was able to get the target's current scale"),
    condition('ScalingActive', false, reason, message),
  ];
  if (kind === 'disabled')
    return inactive('ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
  if (kind === 'failed') {
    const text = failureText(spec, firstInvalid, failure);
    return inactive('FailedGetExternalMetric', `the HPA was unable to compute the replica count: ${text}`);
  }
  const rescaled = `the HPA controller was able to update the target scale to ${replicas}`;
  const found = `the HPA was able to successfully calculate a replica count from ${metricText(spec, metric)}`;
  const reason = scaledToZero === true ? 'ScaledToZero' : 'NotScaledToZero';
  const zero = `the HPA controller ${scaledToZero === true ? 'scaled' : 'did not scale'} the workload to zero`;
  return [
    replicas === current ? able(...stabilization(spec, decision)) : able('SucceededRescale', rescaled),
    ...(kind === 'computed'
      ? [
          condition('ScalingActive', true, 'ValidMetricFound', found),
          condition('ScalingLimited', replicas !== stabilized, limit, limitMessages[limit]),
        ]
      : []),
    ...(scaledToZero === undefined || current === replicas
      ? []
      : [condition('ScaledToZero', scaledToZero, reason, zero)]),
  ];
}

/** Returns why the replicas are as many as they are: the reason of the condition that says most. */
export function reasonOf(conditions: readonly Condition[]): string {
  const limiting = conditions.find(
    ({ type, status }) => type.startsWith('Scaling') && (type === 'ScalingActive') === (status === 'False'),
  );
  return (limiting ?? conditions[0])?.reason ?? '';
}

/** Returns reason and message of replicas that stay as they are. */
function stabilization(
  { behavior }: AutoscalerSpec,
  { current, proposal, stabilized }: Decision,
): [string, string] {
  if (stabilized === proposal) return ['ReadyForNewScale', 'recommended size matches current size'];
  const isUp = behavior !== undefined && proposal >= current;
  const [side, most] = isUp ? ['lower', 'lowest'] : ['higher', 'highest'];
  return [
    isUp ? 'ScaleUpStabilized' : 'ScaleDownStabilized',
    `recent recommendations were ${side} than current one, applying the ${most} recent recommendation`,
  ];
}

/** Returns the events that the controller writes with a decision. */
export function eventsOf(spec: AutoscalerSpec, decision: Decision, failure = noItems): ControllerEvent[] {
  const events: ControllerEvent[] = [];
  const { kind, current, replicas, firstInvalid, invalidMetrics } = decision;
  if (firstInvalid >= 0) {
    const { name = '' } = spec.metrics[firstInvalid] ?? {};
    const text = failureText(spec, firstInvalid, failure);
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
      message: `New size: ${replicas}; reason: ${rescaleReason(spec, decision)}`,
    });
  return events;
}

const failedTo = ({ metrics }: AutoscalerSpec, index: number): string => {
  const { name = '', kind } = metrics[index] ?? {};
  return kind === 'Value' ? `failed to get external metric ${name}` : `failed to get ${name} external metric`;
};

function rescaleReason(spec: AutoscalerSpec, { kind, current, proposal, metric }: Decision): string {
  if (kind === 'aboveMax') return 'Current number of replicas above Spec.MaxReplicas';
  if (kind === 'belowMin') return 'Current number of replicas below Spec.MinReplicas';
  if (proposal > current) return `${metricText(spec, metric)} above target`;
  if (proposal < current) return 'All metrics below target';
  return current === 0 ? 'Current number of replicas below Spec.MinReplicas' : '';
}
