import type { AutoscalerSpec } from '../scaling/autoscaler-spec.ts';
import { HpaController, type ControllerSettings, type Decision } from '../scaling/controller.ts';
import type { PhaseReadings } from './readings.ts';

/** What a run is scored by. */
export interface Load {
  /** How many ready pods each second needed, as a fraction. */
  readonly needed: Float64Array;
  /** From the request for a pod until it is ready. */
  readonly startupSeconds: number;
}

export interface Score {
  readonly podHours: number;
  readonly overloadedSeconds: number;
  /** The share of the demand that was more than the ready pods could take. */
  readonly unservedShare: number;
  readonly changesPerHour: number;
}

/** One run over the whole time. */
export interface Run extends Score {
  /** When the replicas changed, and to how many: pairs of seconds after the start and replicas. The first is at 0. */
  readonly changes: readonly (readonly [number, number])[];
}

/**
 * Counts pods by the second. Pods are added at once and are ready later; pods are removed at once, those that are not
 * ready yet first.
 */
export class Deployment {
  readonly #load: Load;
  replicas: number;
  ready: number;
  /** Pairs of seconds and pods that become ready then, in ascending order. */
  readonly #starting: [number, number][] = [];
  #second = 0;
  #podSeconds = 0;
  #overloaded = 0;
  #unserved = 0;
  readonly changes: [number, number][];

  constructor(load: Load, replicas: number) {
    this.#load = load;
    this.replicas = replicas;
    this.ready = replicas;
    this.changes = [[0, replicas]];
  }

  scale(replicas: number, atSeconds: number): void {
    const change = replicas - this.replicas;
    if (change === 0) return;
    if (change > 0) this.#starting.push([atSeconds + this.#load.startupSeconds, change]);
    else this.#remove(-change);
    this.replicas = replicas;
    this.changes.push([atSeconds, replicas]);
  }

  #remove(pods: number): void {
    let left = pods;
    while (left > 0) {
      const last = this.#starting.at(-1);
      if (last === undefined) break;
      const removed = Math.min(left, last[1]);
      last[1] -= removed;
      left -= removed;
      if (last[1] === 0) this.#starting.pop();
    }
    this.ready -= left;
  }

  /** Passes the seconds up to a moment. */
  pass(untilSeconds: number): void {
    const { needed } = this.#load;
    const end = Math.min(needed.length, Math.ceil(untilSeconds));
    while (this.#second < end) {
      this.#start(this.#second);
      const next = this.#starting[0]?.[0] ?? Infinity;
      this.#count(Math.min(end, Math.max(this.#second + 1, Math.ceil(next))));
    }
    this.#start(untilSeconds);
  }

  #start(nowSeconds: number): void {
    for (
      let first = this.#starting[0];
      first !== undefined && first[0] <= nowSeconds;
      first = this.#starting[0]
    ) {
      this.ready += first[1];
      this.#starting.shift();
    }
  }

  /** Counts seconds with the same pods. */
  #count(end: number): void {
    const { needed } = this.#load;
    const { ready } = this;
    let [overloaded, unserved] = [0, 0];
    for (let second = this.#second; second < end; second++) {
      const missing = (needed[second] ?? 0) - ready;
      if (missing > 0) {
        overloaded += 1;
        unserved += missing;
      }
    }
    this.#podSeconds += this.replicas * (end - this.#second);
    this.#overloaded += overloaded;
    this.#unserved += unserved;
    this.#second = end;
  }

  /** @param totalNeeded the sum of what all seconds needed */
  finish(totalNeeded: number): Run {
    const { needed } = this.#load;
    this.pass(needed.length);
    return {
      podHours: this.#podSeconds / 3600,
      overloadedSeconds: this.#overloaded,
      unservedShare: totalNeeded === 0 ? 0 : this.#unserved / totalNeeded,
      changesPerHour: ((this.changes.length - 1) * 3600) / needed.length,
      changes: this.changes,
    };
  }
}

export function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/**
 * Runs the HPA controller over the readings of one phase. It begins with the replicas that the first reading asks for.
 *
 * @param onDecision called at each sync
 */
export function runHpa(
  spec: AutoscalerSpec,
  settings: ControllerSettings,
  { syncs, usagesMilli }: PhaseReadings,
  load: Load,
  totalNeeded = sumOf(load.needed),
  onDecision?: (decision: Decision) => void,
): Run {
  const controller = new HpaController(spec, settings);
  const deployment = new Deployment(load, firstReplicas(spec, usagesMilli));
  const usages = new Float64Array(usagesMilli.length);
  for (let index = 0; index < syncs.length; index++) {
    const nowSeconds = syncs[index] ?? 0;
    deployment.pass(nowSeconds);
    for (let metric = 0; metric < usages.length; metric++)
      usages[metric] = usagesMilli[metric]?.[index] ?? Number.NaN;
    const { replicas: specReplicas, ready: readyReplicas } = deployment;
    const input = {
      nowSeconds,
      specReplicas,
      statusReplicas: specReplicas,
      readyReplicas,
      usagesMilli: usages,
    };
    const decision = controller.sync(input);
    onDecision?.(decision);
    deployment.scale(decision.replicas, nowSeconds);
  }
  return deployment.finish(totalNeeded);
}

function firstReplicas(
  { metrics, minReplicas, maxReplicas }: AutoscalerSpec,
  usages: readonly Float64Array[],
) {
  const asked = metrics.map(({ kind, targetMilli }, index) => {
    const first = usages[index]?.find((usage) => !Number.isNaN(usage)) ?? 0;
    return kind === 'Value' ? minReplicas : Math.ceil(first / targetMilli);
  });
  return Math.min(maxReplicas, Math.max(minReplicas, 1, ...asked));
}
