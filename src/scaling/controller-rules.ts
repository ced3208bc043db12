/** A minor version of Kubernetes 1: 36 is 1.36. */
export type KubeMinor = number;

export const oldestMinor = 20;
export const newestMinor = 36;

/** In what the HPA controllers of the versions differ. */
export interface ControllerRules {
  /** Whether the tolerance is compared with the ratio itself; before, with its distance from 1 in doubles. */
  readonly toleranceOfRatio: boolean;
  /** Whether both stabilization windows must allow a change; before, only that of its direction. */
  readonly stabilizesBothWays: boolean;
  /** Whether a limit counts the changes of both directions within its period; before, only its own. */
  readonly limitsCountBothWays: boolean;
  /** Whether an error of one metric forbids to scale down; before, the other metrics decided alone. */
  readonly errorsForbidScaleDown: boolean;
  /** Whether the API server keeps `behavior.scaleUp.tolerance`; before, its feature gate is off by default. */
  readonly hasOwnTolerances: boolean;
  /** Whether the controller leaves only a zero that it made itself; before, any. */
  readonly remembersOwnZero: boolean;
}

/**
 * Source: k8s.io/kubernetes, pkg/controller/podautoscaler of 1.20, 1.23, 1.28 and 1.36, and the pull requests 97348 and
 * 99514 (1.21), 109058 (1.26) and those of KEP-4951.
 */
export const rulesOf = (minor: KubeMinor): ControllerRules => ({
  errorsForbidScaleDown: minor >= 21,
  stabilizesBothWays: minor >= 21,
  limitsCountBothWays: minor >= 26,
  toleranceOfRatio: minor >= 33,
  hasOwnTolerances: minor >= 35,
  remembersOwnZero: minor >= 36,
});
