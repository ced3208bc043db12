import type { ExternalMetricSpec } from './autoscaler-spec.ts';

/** How far the ratio of usage to target may be from 1 before the controller acts. */
export interface Tolerances {
  readonly up: number;
  readonly down: number;
  /** See `ControllerRules`. */
  readonly ofRatio: boolean;
}

export interface PodCounts {
  /** `spec.replicas` of the scale. */
  readonly specReplicas: number;
  /** `status.replicas`: pods that start and pods that are not ready are among them. */
  readonly statusReplicas: number;
  /** Pods that are running and ready. */
  readonly readyReplicas: number;
}

/** Not the other way round: NaN, of no usage on no replica, is outside. Any decision about it is the same. */
const isWithin = (ratio: number, { up, down, ofRatio }: Tolerances): boolean =>
  ofRatio ? ratio >= 1 - down && ratio <= 1 + up : Math.abs(1 - ratio) <= up;

/**
 * Returns the replicas that one metric proposes. Source: k8s.io/kubernetes, replica_calculator.go,
 * GetExternalPerPodMetricReplicas and GetExternalMetricReplicas. Doubles are taken as they are: 1.1 is outside of a
 * tolerance of 0.1 up to 1.32.
 *
 * @param usageMilli the sum of the items in thousandths, each rounded up
 */
export function proposedReplicas(
  usageMilli: number,
  { kind, targetMilli }: ExternalMetricSpec,
  { specReplicas, statusReplicas, readyReplicas }: PodCounts,
  tolerances: Tolerances,
): number {
  if (kind === 'AverageValue') {
    const ratio = usageMilli / (targetMilli * statusReplicas);
    return isWithin(ratio, tolerances) ? statusReplicas : Math.ceil(usageMilli / targetMilli);
  }
  const ratio = usageMilli / targetMilli;
  if (specReplicas === 0) return Math.ceil(ratio);
  return isWithin(ratio, tolerances) ? specReplicas : Math.ceil(ratio * readyReplicas);
}
