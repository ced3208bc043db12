import type { AutoscalerSpec } from '../../src/scaling/autoscaler-spec.ts';
import { HpaController } from '../../src/scaling/controller.ts';
import type { Trace } from './trace.ts';

/** What an HPA makes of a trace, whose pods take a time to start. */
export interface Outcome {
  /** Minutes whose demand is above what the ready pods can take, a day. */
  readonly overloadedMinutesPerDay: number;
  /** Requested pods over those that the demand needs. */
  readonly podsOfIdeal: number;
  /** The share of the demand that no ready pod takes. */
  readonly unservedPercent: number;
  readonly changesPerHour: number;
}

/** What all runs over a trace share. */
export interface Setting {
  readonly trace: Trace;
  /** What comes of it counts from this bin on. */
  readonly firstBin: number;
  /** What a pod is made for: so many requests a bin. */
  readonly perPod: number;
}

/** Pods at the mean rate. */
const meanPods = 8;
/** A pod can take so much more than the target: the HPA tolerates as much. */
const capacity = 1.1;
/** Four syncs of 15 s in a minute, each of which may double the pods. */
const mostGrowthPercent = 1500;

export function settingOf(trace: Trace, firstBin: number): Setting {
  const counts = trace.counts.slice(firstBin).filter((count) => count !== undefined);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return { trace, firstBin, perPod: mean / meanPods };
}

/**
 * Runs the project's model of the HPA controller over a trace: one sync a bin, tolerance 0.1, down window 5 minutes.
 *
 * @param readings for each bin what the HPA reads at its end, one array a metric. NaN: an error
 * @param targetShare the target over what a pod is made for: below 1 there is fixed headroom
 * @returns the pods that the HPA asks for at the end of each bin
 */
export function requestedPods(
  { trace, perPod }: Setting,
  readings: readonly Float64Array[],
  targetShare = 1,
): Float64Array {
  const targetMilli = perPod * targetShare * 1000;
  const spec: AutoscalerSpec = {
    minReplicas: 1,
    maxReplicas: 1_000_000,
    metrics: readings.map((_, index) => ({
      name: `metric-${index}`,
      kind: 'AverageValue',
      targetMilli,
    })),
    behavior: {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: mostGrowthPercent, periodSeconds: 60 }],
      },
      scaleDown: {
        stabilizationWindowSeconds: 300,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
    },
  };
  const controller = new HpaController(spec);
  let replicas = meanPods;
  return Float64Array.from(trace.counts, (_, bin) => {
    const { replicas: wanted } = controller.sync({
      nowSeconds: bin * trace.binSeconds,
      specReplicas: replicas,
      statusReplicas: replicas,
      readyReplicas: replicas,
      usagesMilli: readings.map((reading) => (reading[bin] ?? Number.NaN) * 1000),
    });
    replicas = wanted;
    return wanted;
  });
}

/** Returns what comes of the pods from a bin on. A pod is ready `startupBins` after the end of the bin in which it was asked for. */
export function outcomeOf(
  { trace, perPod, firstBin }: Setting,
  pods: Float64Array,
  startupBins: number,
): Outcome {
  let [overloaded, requested, needed, demand, unserved, changes, bins] = [0, 0, 0, 0, 0, 0, 0];
  for (let bin = firstBin; bin < trace.counts.length; bin++) {
    const came = trace.counts[bin];
    if (came === undefined) continue;
    // Pods that are removed are gone at once, so the fewest since then are ready.
    let ready = Infinity;
    for (let back = 1; back <= startupBins + 1; back++) ready = Math.min(ready, pods[bin - back] ?? Infinity);
    const most = ready * perPod * capacity;
    bins += 1;
    demand += came;
    requested += pods[bin] ?? 0;
    needed += Math.max(1, Math.ceil(came / perPod));
    if (came > most) overloaded += 1;
    unserved += Math.max(0, came - most);
    if (pods[bin] !== pods[bin - 1]) changes += 1;
  }
  const days = (bins * trace.binSeconds) / 86_400;
  return {
    overloadedMinutesPerDay: (overloaded * trace.binSeconds) / 60 / days,
    podsOfIdeal: requested / needed,
    unservedPercent: (100 * unserved) / demand,
    changesPerHour: changes / (days * 24),
  };
}
