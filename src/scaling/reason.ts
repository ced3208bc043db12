import type { AutoscalerSpec } from './autoscaler-spec.ts';
import type { Decision } from './controller.ts';

/**
 * Returns why the replicas are as many as they are, in the controller's word: the reason of the one condition that says
 * most, `ScalingActive` if it is false, else `ScalingLimited` if it is true, else `AbleToScale`.
 */
export function reasonOf({ behavior }: AutoscalerSpec, decision: Decision): string {
  const { kind, current, replicas, proposal, stabilized, limit } = decision;
  if (kind === 'disabled') return 'ScalingDisabled';
  if (kind === 'failed') return 'FailedGetExternalMetric';
  if (kind === 'computed' && replicas !== stabilized) return limit;
  if (replicas !== current) return 'SucceededRescale';
  if (stabilized === proposal) return 'ReadyForNewScale';
  return behavior !== undefined && proposal >= current ? 'ScaleUpStabilized' : 'ScaleDownStabilized';
}
