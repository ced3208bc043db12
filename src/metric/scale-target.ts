/** What an HPA aims at with one of its metrics. */
export interface ScaleTarget {
  /** `AverageValue`: so much for each replica. `Value`: so much in all, which scales what is there. */
  readonly kind: 'AverageValue' | 'Value';
  /** In the unit of the metric; above 0. */
  readonly value: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/**
 * How many replicas the metric asks for, within the bounds of the HPA: ceil(sum / target). Without tolerance and
 * stabilisation, which depend on what is running.
 *
 * @param sum of the items of the metric
 * @returns undefined for a `Value` target, which scales the replicas that are ready
 */
export function wantedReplicas(
  sum: number,
  { kind, value, minReplicas, maxReplicas }: ScaleTarget,
): number | undefined {
  if (kind === 'Value') return undefined;
  return Math.min(maxReplicas, Math.max(minReplicas, Math.ceil(sum / value)));
}
