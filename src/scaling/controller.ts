import { defaultBehavior, type AutoscalerSpec, type Behavior } from './autoscaler-spec.ts';
import { newestMinor, rulesOf, type ControllerRules, type KubeMinor } from './controller-rules.ts';
import { proposedReplicas, type PodCounts, type Tolerances } from './proposal.ts';
import { Recommendations } from './recommendations.ts';
import { ScaleEvents, scaleLimit } from './scale-events.ts';

/** Defaults of kube-controller-manager. */
export const usualController = {
  syncPeriodSeconds: 15,
  tolerance: 0.1,
  downscaleStabilizationSeconds: 300,
} as const;

/** Settings of kube-controller-manager. Default: the usual. */
export interface ControllerSettings {
  /** Default: the newest that the model knows. */
  readonly minor?: KubeMinor;
  /** `--horizontal-pod-autoscaler-tolerance` */
  readonly tolerance?: number;
  /** `--horizontal-pod-autoscaler-downscale-stabilization` */
  readonly downscaleStabilizationSeconds?: number;
  /** Feature gate `HPAScaleToZero`. Default: off. */
  readonly scalesToZero?: boolean;
}

/** What the controller sees at one sync. */
export interface SyncInput extends PodCounts {
  /** By any clock. */
  readonly nowSeconds: number;
  /** For each metric of the spec, the sum of its items in thousandths. NaN: the read failed, or had no item. */
  readonly usagesMilli: ArrayLike<number>;
}

export type LimitReason =
  'DesiredWithinRange' | 'TooFewReplicas' | 'TooManyReplicas' | 'ScaleUpLimit' | 'ScaleDownLimit';

/** What the controller decides at one sync. `reason.ts` has its word for it. */
export interface Decision {
  /** `spec.replicas` before and after. */
  readonly current: number;
  readonly replicas: number;
  /**
   * `disabled`: the target has no replicas. `aboveMax`, `belowMin`: moved into the bounds without a look at the metrics.
   * `failed`: nothing changes, because of errors. `computed`: from the metrics.
   */
  readonly kind: 'disabled' | 'aboveMax' | 'belowMin' | 'failed' | 'computed';
  /** What the metrics ask for, before stabilization and limits. */
  readonly proposal: number;
  /** Index of the metric that asks for most. -1: no metric asks for a replica. */
  readonly metric: number;
  /** Index of the first metric with an error. -1: none. */
  readonly firstInvalid: number;
  readonly invalidMetrics: number;
  /** The proposal after stabilization. */
  readonly stabilized: number;
  readonly limit: LimitReason;
}

/** Without a behavior, a sync may at most double the replicas, or raise them to four. */
const scaleUpFactor = 2;
const scaleUpMinimum = 4;

/** The HPA controller for one HPA. It has no clock and does no I/O: the caller says what it sees and when. */
export class HpaController {
  readonly #spec: AutoscalerSpec;
  readonly #rules: ControllerRules;
  readonly #tolerances: Tolerances;
  readonly #downWindowSeconds: number;
  readonly #scalesToZero: boolean;
  /** What it remembers between syncs. A new process begins with nothing. */
  readonly recommendations: Recommendations;
  readonly scaleUps: ScaleEvents;
  readonly scaleDowns: ScaleEvents;
  #scaledToZero = false;

  constructor(spec: AutoscalerSpec, settings: ControllerSettings = {}) {
    const {
      minor = newestMinor,
      tolerance,
      downscaleStabilizationSeconds,
    } = { ...usualController, ...settings };
    const { behavior } = spec;
    const { scaleUp, scaleDown } = behavior ?? defaultBehavior;
    this.#spec = spec;
    this.#rules = rulesOf(minor);
    const own = this.#rules.hasOwnTolerances ? behavior : undefined;
    this.#tolerances = {
      up: own?.scaleUp.tolerance ?? tolerance,
      down: own?.scaleDown.tolerance ?? tolerance,
      ofRatio: this.#rules.toleranceOfRatio,
    };
    this.#downWindowSeconds = scaleDown.stabilizationWindowSeconds ?? downscaleStabilizationSeconds;
    this.#scalesToZero = settings.scalesToZero ?? false;
    const upWindowSeconds = scaleUp.stabilizationWindowSeconds ?? 0;
    this.recommendations = new Recommendations(Math.max(upWindowSeconds, this.#downWindowSeconds));
    this.scaleUps = new ScaleEvents(scaleUp);
    this.scaleDowns = new ScaleEvents(scaleDown);
  }

  /** Makes one sync. Times must not decrease. */
  sync(input: SyncInput): Decision {
    if (this.recommendations.isEmpty) this.recommendations.add(input.specReplicas, input.nowSeconds);
    const decision = this.#decide(input);
    if (decision.replicas !== decision.current) this.#rescaled(decision, input.nowSeconds);
    return decision;
  }

  #rescaled({ current, replicas }: Decision, nowSeconds: number): void {
    this.#scaledToZero = replicas === 0 && this.#spec.minReplicas === 0;
    if (this.#spec.behavior === undefined) return;
    if (replicas > current) this.scaleUps.add(replicas - current, nowSeconds);
    else this.scaleDowns.add(current - replicas, nowSeconds);
  }

  #decide(input: SyncInput): Decision {
    const { minReplicas, maxReplicas } = this.#spec;
    const { specReplicas: current } = input;
    if (current === 0 && this.#isDisabled()) return unread('disabled', current, 0);
    if (current > maxReplicas) return unread('aboveMax', current, maxReplicas);
    if (current < minReplicas && current > 0) return unread('belowMin', current, minReplicas);
    return this.#compute(input);
  }

  #isDisabled(): boolean {
    if (!this.#rules.remembersOwnZero) return this.#spec.minReplicas !== 0;
    return !this.#scalesToZero || !this.#scaledToZero;
  }

  #compute(input: SyncInput): Decision {
    const { metrics, minReplicas } = this.#spec;
    const { specReplicas: current, nowSeconds, usagesMilli } = input;
    let [replicas, metric, firstInvalid, invalidMetrics] = [0, -1, -1, 0];
    for (const [index, spec] of metrics.entries()) {
      const usageMilli = usagesMilli[index] ?? Number.NaN;
      if (Number.isNaN(usageMilli) || (spec.kind === 'Value' && current > 0 && input.statusReplicas === 0)) {
        if (firstInvalid < 0) firstInvalid = index;
        invalidMetrics += 1;
        continue;
      }
      const proposed = proposedReplicas(usageMilli, spec, input, this.#tolerances);
      if (metric >= 0 && replicas !== 0 && proposed <= replicas) continue;
      replicas = proposed;
      metric = index;
    }
    const failed =
      invalidMetrics >= metrics.length ||
      (this.#rules.errorsForbidScaleDown && invalidMetrics > 0 && replicas < current);
    if (failed) return { ...unread('failed', current, current), firstInvalid, invalidMetrics };
    const [stabilized, wanted, limit] =
      this.#spec.behavior === undefined
        ? this.#normalize(current, replicas, nowSeconds)
        : this.#normalizeWithBehavior(this.#spec.behavior, current, replicas, nowSeconds);
    this.recommendations.add(replicas, nowSeconds);
    return {
      ...{ current, kind: 'computed', proposal: replicas, metric, firstInvalid, invalidMetrics, limit },
      // After minReplicas was raised while the HPA had scaled to zero.
      replicas: current === 0 ? Math.max(wanted, minReplicas) : wanted,
      stabilized,
    };
  }

  /** Source: normalizeDesiredReplicas. */
  #normalize(current: number, proposal: number, nowSeconds: number): [number, number, LimitReason] {
    const { minReplicas, maxReplicas } = this.#spec;
    const stabilized = this.recommendations.highest(proposal, nowSeconds - this.#downWindowSeconds, true);
    const upLimit = Math.max(scaleUpFactor * current, scaleUpMinimum);
    const most = Math.min(maxReplicas, upLimit);
    if (stabilized < minReplicas) return [stabilized, minReplicas, 'TooFewReplicas'];
    if (stabilized > most)
      return [stabilized, most, maxReplicas > upLimit ? 'ScaleUpLimit' : 'TooManyReplicas'];
    return [stabilized, stabilized, 'DesiredWithinRange'];
  }

  /** Source: normalizeDesiredReplicasWithBehaviors. */
  #normalizeWithBehavior(
    { scaleUp, scaleDown }: Behavior,
    current: number,
    proposal: number,
    nowSeconds: number,
  ): [number, number, LimitReason] {
    const { minReplicas, maxReplicas } = this.#spec;
    const startOfUp = nowSeconds - (scaleUp.stabilizationWindowSeconds ?? 0);
    const stabilized = this.#stabilize(current, proposal, startOfUp, nowSeconds - this.#downWindowSeconds);
    if (stabilized > current) {
      const startOf = (period: number) => current - this.#changeWithin('up', period, nowSeconds);
      const limit = Math.max(current, scaleLimit('up', current, scaleUp, startOf));
      const most = Math.min(maxReplicas, limit);
      const reason = maxReplicas > limit ? 'ScaleUpLimit' : 'TooManyReplicas';
      if (stabilized > most) return [stabilized, most, reason];
    } else if (stabilized < current) {
      const startOf = (period: number) => current + this.#changeWithin('down', period, nowSeconds);
      const limit = Math.min(current, scaleLimit('down', current, scaleDown, startOf));
      const fewest = Math.max(minReplicas, limit);
      const reason = minReplicas < limit ? 'ScaleDownLimit' : 'TooFewReplicas';
      if (stabilized < fewest) return [stabilized, fewest, reason];
    }
    return [stabilized, stabilized, 'DesiredWithinRange'];
  }

  /** Returns the replicas that were added (`up`) or removed within a period, less those of the other direction. */
  #changeWithin(direction: 'up' | 'down', periodSeconds: number, nowSeconds: number): number {
    const { scaleUps, scaleDowns } = this;
    const [events, others] = direction === 'up' ? [scaleUps, scaleDowns] : [scaleDowns, scaleUps];
    const change = events.changeWithin(periodSeconds, nowSeconds);
    return this.#rules.limitsCountBothWays ? change - others.changeWithin(periodSeconds, nowSeconds) : change;
  }

  /** Source: stabilizeRecommendationWithBehaviors. */
  #stabilize(current: number, proposal: number, startOfUp: number, startOfDown: number): number {
    const lowest = this.recommendations.lowest(proposal, startOfUp);
    const highest = this.recommendations.highest(proposal, startOfDown);
    if (!this.#rules.stabilizesBothWays) return proposal >= current ? lowest : highest;
    return Math.min(Math.max(current, lowest), highest);
  }
}

/** A decision that no metric has a part in. */
const unread = (kind: Decision['kind'], current: number, replicas: number): Decision => ({
  ...{ kind, current, replicas, proposal: replicas, stabilized: replicas, metric: -1 },
  ...{ firstInvalid: -1, invalidMetrics: 0, limit: 'DesiredWithinRange' },
});
