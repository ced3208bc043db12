import { AdapterError } from '../errors.ts';
import type { ReplayedHpa } from './replayed-hpa.ts';
import type { Traffic } from './traffic.ts';

/** Demand is the mean of so many seconds: a single second is noise that a pod's queue evens out. */
const meanSeconds = 5;

/** One pod can take more than its target by this. */
const usualHeadroom = 1.1;

/**
 * Returns what one pod can take of each metric; undefined for a `Value` target, which does not say it.
 *
 * @param capacity of the first metric, if the user knows it
 * @throws AdapterError `HpaUnsuited` if nothing says what one pod can take
 */
export function podCapacities({ spec, manifest }: ReplayedHpa, capacity: number | undefined) {
  const capacities = spec.metrics.map(({ kind, targetMilli }, index) => {
    if (index === 0 && capacity !== undefined) return capacity;
    return kind === 'Value' ? undefined : (targetMilli / 1000) * usualHeadroom;
  });
  if (capacities.some((one) => one !== undefined)) return capacities;
  throw new AdapterError(
    'HpaUnsuited',
    `HPA ${manifest.name}: a target of type Value does not say what one pod can take`,
    { remedy: 'Write it, in the unit of the metric, for example --capacity 12.' },
  );
}

/**
 * Returns for each second how many ready pods its demand needed, as a fraction: the largest over the metrics of demand
 * over what one pod can take.
 */
export function neededPods(
  { fromSeconds, toSeconds, byMetric }: Traffic,
  capacities: readonly (number | undefined)[],
): Float64Array {
  const needed = new Float64Array(toSeconds - fromSeconds);
  for (const [index, counted] of byMetric.entries()) {
    const capacity = capacities[index];
    if (capacity === undefined) continue;
    for (let second = 0; second < needed.length; second++) {
      const start = Math.max(fromSeconds, fromSeconds + second - Math.floor(meanSeconds / 2));
      let demand = 0;
      for (const { series, counts } of counted) {
        const aggregates = counts.aggregates(start, start + meanSeconds);
        if (aggregates === undefined) continue;
        // As many lines as a whole window would have at this pace: some metrics are not rates.
        const { intervalSeconds: interval } = series;
        const paced = Object.fromEntries(
          Object.entries(aggregates).map(([alias, sum]) => [alias, (sum * interval) / meanSeconds]),
        );
        demand += series.metric.value(paced, interval);
      }
      needed[second] = Math.max(needed[second] ?? 0, demand / capacity);
    }
  }
  return needed;
}
