import type { AdapterError } from '../errors.ts';
import type { Requirement } from '../grammar/label-selector.ts';

export interface AutoscalerName {
  readonly namespace: string;
  readonly name: string;
}

/** An external metric that an HPA names. */
export type ExternalMetricRef = {
  readonly name: string;
  /** Undefined if the HPA has no target that can be read. */
  readonly target?: ScaleTarget | undefined;
} & (
  | { readonly requirements: readonly Requirement[] }
  /** Kubernetes itself refuses the selector (`SelectorMalformed`), so the HPA controller will never read the metric. */
  | { readonly refusal: AdapterError }
);

/** The target of one metric of an HPA. */
export interface ScaleTarget {
  /** `AverageValue`: for each replica. `Value`: for all replicas together; the HPA scales those that are ready. */
  readonly kind: 'AverageValue' | 'Value';
  /** In the unit of the metric; above 0. */
  readonly value: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/**
 * Returns the replicas that the metric asks for: ceil(sum / target), within the bounds of the HPA. Leaves out the
 * tolerance and the stabilisation of the HPA, because they depend on what is running.
 *
 * @param sum over the items of the metric
 * @returns undefined for a `Value` target, which scales the replicas that are ready
 */
export function wantedReplicas(
  sum: number,
  { kind, value, minReplicas, maxReplicas }: ScaleTarget,
): number | undefined {
  if (kind === 'Value') return undefined;
  return Math.min(maxReplicas, Math.max(minReplicas, Math.ceil(sum / value)));
}
