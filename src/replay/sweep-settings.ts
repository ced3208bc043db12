import {
  defaultBehavior,
  type AutoscalerSpec,
  type Behavior,
  type ScalingPolicy,
} from '../scaling/autoscaler-spec.ts';
import { newestMinor, rulesOf, type KubeMinor } from '../scaling/controller-rules.ts';

/** Lower targets keep more pods ready for a rise. */
const targetFactors = [1, 0.9, 0.8, 0.7, 0.6, 0.5];
const downWindowsSeconds = [0, 60, 300, 600];
const upPolicies: readonly (readonly ScalingPolicy[])[] = [
  defaultBehavior.scaleUp.policies,
  [
    { type: 'Percent', value: 400, periodSeconds: 15 },
    { type: 'Pods', value: 10, periodSeconds: 15 },
  ],
  [
    { type: 'Percent', value: 50, periodSeconds: 30 },
    { type: 'Pods', value: 2, periodSeconds: 30 },
  ],
];
const downPolicies: readonly (readonly ScalingPolicy[])[] = [
  defaultBehavior.scaleDown.policies,
  [
    { type: 'Percent', value: 10, periodSeconds: 60 },
    { type: 'Pods', value: 1, periodSeconds: 60 },
  ],
];
/** Of both directions. Undefined: that of the controller, 0.1. */
const tolerances = [undefined, 0.05, 0];

/**
 * Returns the settings that a sweep tries: the HPA as it is, and variants of its target, its minimum and its behavior.
 *
 * @param needed how many ready pods each second needed
 */
export function settingsToTry(
  spec: AutoscalerSpec,
  needed: Float64Array,
  minor: KubeMinor = newestMinor,
): AutoscalerSpec[] {
  const usual = Math.ceil(needed.toSorted()[Math.floor(needed.length / 2)] ?? 0);
  const minimums = [
    ...new Set([spec.minReplicas, Math.min(spec.maxReplicas, Math.max(spec.minReplicas, usual))]),
  ];
  const behaviors = behaviorsToTry(rulesOf(minor).hasOwnTolerances ? tolerances : [undefined]);
  return [
    spec,
    ...targetFactors.flatMap((factor) =>
      minimums.flatMap((minReplicas) =>
        behaviors.map((behavior) => ({ ...spec, metrics: scaled(spec, factor), minReplicas, behavior })),
      ),
    ),
  ];
}

function behaviorsToTry(allowed: readonly (number | undefined)[]): Behavior[] {
  return downWindowsSeconds.flatMap((stabilizationWindowSeconds) =>
    upPolicies.flatMap((up) =>
      downPolicies.flatMap((down) =>
        allowed.map((tolerance) => ({
          scaleUp: { ...defaultBehavior.scaleUp, policies: up, tolerance },
          scaleDown: { ...defaultBehavior.scaleDown, policies: down, stabilizationWindowSeconds, tolerance },
        })),
      ),
    ),
  );
}

/** With three significant digits, as people write targets. A Value is left as it is: it says nothing of one pod. */
const scaled = ({ metrics }: AutoscalerSpec, factor: number): AutoscalerSpec['metrics'] =>
  metrics.map((metric) =>
    metric.kind === 'Value' || factor === 1
      ? metric
      : {
          ...metric,
          targetMilli: Math.max(1, Math.round(Number((metric.targetMilli * factor).toPrecision(3)))),
        },
  );
