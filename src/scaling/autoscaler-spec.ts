/** The parts of a HorizontalPodAutoscaler's spec that decide, with the defaults of the API server filled in. */
export interface AutoscalerSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** At least one. */
  readonly metrics: readonly ExternalMetricSpec[];
  /** Undefined: the HPA has none, which is not the same as an empty one. */
  readonly behavior?: Behavior | undefined;
}

/** A metric of type External. */
export interface ExternalMetricSpec {
  readonly name: string;
  /** `AverageValue`: for each replica. `Value`: for all together. */
  readonly kind: 'AverageValue' | 'Value';
  /** In thousandths, above 0. */
  readonly targetMilli: number;
}

export interface Behavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

export interface ScalingRules {
  /** Undefined: the controller's own, `--horizontal-pod-autoscaler-downscale-stabilization`. */
  readonly stabilizationWindowSeconds: number | undefined;
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingPolicy[];
  /** Undefined: the controller's own, `--horizontal-pod-autoscaler-tolerance`. */
  readonly tolerance?: number | undefined;
}

export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

/**
 * What the API server fills in where a behavior leaves something out. Source: k8s.io/kubernetes,
 * pkg/apis/autoscaling/v2/defaults.go.
 */
export const defaultBehavior: Behavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: undefined,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  },
};
