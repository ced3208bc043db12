/** The guide's HPA: `averageValue: 10`, 1 to 10 replicas. */
export const guideHpa = { averageValue: 10, minReplicas: 1, maxReplicas: 10 } as const;

/** Within 10 % of the target nothing changes. Source: kube-controller-manager, --horizontal-pod-autoscaler-tolerance. */
const tolerance = 0.1;

/**
 * Replicas that an HPA on an External metric with an AverageValue target wants: ceil(sum / target), within its
 * bounds. Without a stabilisation window, so that the demo shows what the metric asks for.
 *
 * @param sum the value of the metric over all replicas
 */
export function desiredReplicas(sum: number, currentReplicas: number, hpa = guideHpa): number {
  const usageRatio = sum / (hpa.averageValue * currentReplicas);
  if (Math.abs(usageRatio - 1) <= tolerance) return currentReplicas;
  return Math.min(hpa.maxReplicas, Math.max(hpa.minReplicas, Math.ceil(sum / hpa.averageValue)));
}
