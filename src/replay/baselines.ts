import type { AutoscalerSpec } from '../scaling/autoscaler-spec.ts';
import type { PhaseReadings } from './readings.ts';
import { Deployment, type Load, type Run } from './run.ts';

/** Returns the fewest fixed replicas that are enough for 99 % of the seconds. */
export function replicasAtP99(needed: Float64Array): number {
  const sorted = needed.toSorted();
  return Math.max(1, Math.ceil(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0));
}

/** Returns a run with the replicas that 99 % of the seconds needed at most. */
export const runFixed = (load: Load, totalNeeded: number): Run =>
  new Deployment(load, replicasAtP99(load.needed)).finish(totalNeeded);

/**
 * Returns a run that knows the future: at each sync, the most that is needed from then until the pods of the next sync can
 * be ready. No autoscaler can do better with this beat, within the bounds of the HPA.
 */
export function runForesight(
  { minReplicas, maxReplicas }: AutoscalerSpec,
  { syncs }: PhaseReadings,
  load: Load,
  totalNeeded: number,
): Run {
  const { needed, startupSeconds } = load;
  const periodSeconds = (syncs[1] ?? needed.length) - (syncs[0] ?? 0);
  const ahead = maxima(needed, Math.ceil(startupSeconds + periodSeconds) + 1);
  const wanted = (second: number) =>
    Math.min(maxReplicas, Math.max(minReplicas, 1, Math.ceil(ahead[Math.floor(second)] ?? 0)));
  const deployment = new Deployment(load, wanted(0));
  for (const nowSeconds of syncs) {
    deployment.pass(nowSeconds);
    deployment.scale(wanted(nowSeconds), nowSeconds);
  }
  return deployment.finish(totalNeeded);
}

/** Returns for each second the greatest value from it on, over so many seconds. */
function maxima(values: Float64Array, seconds: number): Float64Array {
  const result = new Float64Array(values.length);
  /** Seconds whose value is greater than all after it, in a window; the nearest last. */
  const queue: number[] = [];
  let first = 0;
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index] ?? 0;
    while (queue.length > first && (values[queue.at(-1) ?? 0] ?? 0) <= value) queue.pop();
    queue.push(index);
    while ((queue[first] ?? 0) >= index + seconds) first += 1;
    result[index] = values[queue[first] ?? index] ?? 0;
  }
  return result;
}
