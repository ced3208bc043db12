import {
  defaultBehavior,
  type AutoscalerSpec,
  type Behavior,
  type ScalingPolicy,
  type ScalingRules,
} from '../../src/scaling/autoscaler-spec.ts';
import type { SyncInput } from '../../src/scaling/controller.ts';

export const pods = (value: number, periodSeconds: number): ScalingPolicy => ({
  type: 'Pods',
  value,
  periodSeconds,
});

export const percent = (value: number, periodSeconds: number): ScalingPolicy => ({
  type: 'Percent',
  value,
  periodSeconds,
});

/** A behavior that leaves out what is not given, as the API server completes it. */
export const behavior = (up: Partial<ScalingRules> = {}, down: Partial<ScalingRules> = {}): Behavior => ({
  scaleUp: { ...defaultBehavior.scaleUp, ...up },
  scaleDown: { ...defaultBehavior.scaleDown, ...down },
});

interface SpecParts extends Partial<Omit<AutoscalerSpec, 'metrics'>> {
  /** Thousandths for each replica. Default: 1000, so that a usage of n replicas proposes n. */
  readonly perPod?: number;
  /** Thousandths for all replicas. */
  readonly value?: number;
}

export function specOf({ perPod = 1000, value, ...parts }: SpecParts = {}): AutoscalerSpec {
  const target =
    value === undefined
      ? ({ kind: 'AverageValue', targetMilli: perPod } as const)
      : ({ kind: 'Value', targetMilli: value } as const);
  const metrics = [{ name: 'sls_ingress_qps', ...target }];
  return { minReplicas: 1, maxReplicas: 1000, metrics, ...parts };
}

/** What the controller sees if all replicas are ready. */
export const seen = (replicas: number, usageMilli: number, more: Partial<SyncInput> = {}): SyncInput => ({
  nowSeconds: 0,
  specReplicas: replicas,
  statusReplicas: replicas,
  readyReplicas: replicas,
  usagesMilli: [usageMilli],
  ...more,
});
