import type { AutoscalerSpec } from './autoscaler-spec.ts';
import type { Decision, LimitReason } from './controller.ts';

/** A condition of an HPA, as `kubectl describe hpa` shows it. */
export interface Condition {
  readonly type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface ControllerEvent {
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
function failureText({ metrics }: AutoscalerSpec, index: number, namespace: string, error: string): string {
  const { name = '', selectorText = '' } = metrics[index] ?? {};
  return `unable to get external metric ${namespace}/${name}/${selectorText}: ${error}`;
}

/** Where a read failed, why. */
export interface ReadFailure {
  readonly namespace: string;
  /** Of the first metric that failed, such as `unable to fetch metrics from external metrics API: …`. */
  readonly error: string;
}

const noItems: ReadFailure = {
  namespace: 'default',
  error: 'no metrics returned from external metrics API',
};

/** Returns the conditions that the controller sets with a decision. Those that it leaves alone are not among them. */
export function conditionsOf(spec: AutoscalerSpec, decision: Decision, failure = noItems): Condition[] {
  const { kind, current, replicas, proposal, stabilized, limit, metric, firstInvalid } = decision;
  const able = (reason: string, message: string): Condition => ({
    type: 'AbleToScale',
    status: 'True',
    reason,
    message,
  });
  const active = (status: 'True' | 'False', reason: string, message: string): Condition => ({
    type: 'ScalingActive',
    status,
    reason,
    message,
  });
  const rescaled = able(
    'SucceededRescale',
    `the HPA controller was able to update the target scale to ${replicas}`,
  );
  const gotScale = able('SucceededGetScale', "the HPA controller was able to get the target's current scale");
  if (kind === 'disabled')
    return [
      gotScale,
      active('False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero'),
    ];
  if (kind === 'aboveMax' || kind === 'belowMin') return [rescaled, ...zeroCondition(decision)];
  if (kind === 'failed') {
    const text = failureText(spec, firstInvalid, failure.namespace, failure.error);
    return [
      gotScale,
      active('False', 'FailedGetExternalMetric', `the HPA was unable to compute the replica count: ${text}`),
    ];
  }
  const found = `the HPA was able to successfully calculate a replica count from ${metricText(spec, metric)}`;
  return [
    replicas === current ? stabilization(spec, current, proposal, stabilized) : rescaled,
    active('True', 'ValidMetricFound', found),
    {
      type: 'ScalingLimited',
      status: replicas === stabilized ? 'False' : 'True',
      reason: limit,
      message: limitMessages[limit],
    },
    ...zeroCondition(decision),
  ];
}

/** Returns why the replicas are as many as they are: the reason of the condition that says most. */
export function reasonOf(conditions: readonly Condition[]): string {
  const limiting = conditions.find(
    ({ type, status }) => type.startsWith('Scaling') && (type === 'ScalingActive') === (status === 'False'),
  );
  return (limiting ?? conditions[0])?.reason ?? '';
}

function stabilization(
  { behavior }: AutoscalerSpec,
  current: number,
  proposal: number,
  stabilized: number,
): Condition {
  const condition = { type: 'AbleToScale', status: 'True' } as const;
  if (stabilized === proposal)
    return { ...condition, reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
  const isUp = behavior !== undefined && proposal >= current;
  const side = isUp ? ['lower', 'lowest'] : ['higher', 'highest'];
  return {
    ...condition,
    reason: isUp ? 'ScaleUpStabilized' : 'ScaleDownStabilized',
    message: `recent recommendations were ${side[0]} than current one, applying the ${side[1]} recent recommendation`,
  };
}

function zeroCondition({ scaledToZero, current, replicas }: Decision): Condition[] {
  if (scaledToZero === undefined || current === replicas) return [];
  return [
    {
      type: 'ScaledToZero',
      status: scaledToZero ? 'True' : 'False',
      reason: scaledToZero ? 'ScaledToZero' : 'NotScaledToZero',
      message: `the HPA controller ${scaledToZero ? 'scaled' : 'did not scale'} the workload to zero`,
    },
  ];
}

/** Returns the events that the controller writes with a decision. */
export function eventsOf(spec: AutoscalerSpec, decision: Decision, failure = noItems): ControllerEvent[] {
  const events: ControllerEvent[] = [];
  const { kind, current, replicas, firstInvalid, invalidMetrics } = decision;
  if (firstInvalid >= 0) {
    const { name = '' } = spec.metrics[firstInvalid] ?? {};
    const text = failureText(spec, firstInvalid, failure.namespace, failure.error);
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
