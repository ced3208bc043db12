import { AdapterError } from '../errors.ts';
import type { Aggregates } from '../metric/measures.ts';
import type { Series } from '../metric/series.ts';

/** Sums of doubles are cleaned to this, so that a rate of 1.1 does not become 1.1000000000000796. */
const precision = 1e6;

/** What one series counted in each second, such as its requests. Seconds are whole Unix seconds. */
export class SecondCounts {
  readonly startSeconds: number;
  readonly seconds: number;
  /** Alias → sums from the start to before each second: one more than there are seconds. */
  readonly #sums: ReadonlyMap<string, Float64Array>;

  /** @param counts alias of an aggregate → its value in each second */
  constructor(startSeconds: number, counts: ReadonlyMap<string, Float64Array>) {
    this.startSeconds = startSeconds;
    const sums = new Map<string, Float64Array>();
    for (const [alias, values] of counts) {
      const before = new Float64Array(values.length + 1);
      for (let index = 0; index < values.length; index++)
        before[index + 1] = (before[index] ?? 0) + (values[index] ?? 0);
      sums.set(alias, before);
    }
    this.#sums = sums;
    this.seconds = Math.max(0, ...Array.from(counts.values(), ({ length }) => length));
  }

  get aliases(): readonly string[] {
    return [...this.#sums.keys()];
  }

  /** Returns the sum over `[fromSeconds, toSeconds)`, in Unix seconds. */
  sum(alias: string, fromSeconds: number, toSeconds: number): number {
    const sums = this.#sums.get(alias);
    if (sums === undefined) return Number.NaN;
    const at = (second: number) => sums[Math.min(this.seconds, Math.max(0, second - this.startSeconds))] ?? 0;
    return Math.round((at(toSeconds) - at(fromSeconds)) * precision) / precision;
  }

  /** Returns the aggregates of a window; undefined if it has no line. */
  aggregates(fromSeconds: number, toSeconds: number): Aggregates | undefined {
    if (this.#sums.has('requests') && this.sum('requests', fromSeconds, toSeconds) === 0) return undefined;
    return Object.fromEntries(this.aliases.map((alias) => [alias, this.sum(alias, fromSeconds, toSeconds)]));
  }
}

/** A series of the HPA and what was counted for it. */
export interface CountedSeries {
  readonly series: Series;
  readonly counts: SecondCounts;
}

/** The past of all series of an HPA. */
export interface Traffic {
  /** Half-open, in Unix seconds: what is replayed. The counts may begin earlier, for the first windows. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** For each metric that is replayed, its series. */
  readonly byMetric: readonly (readonly CountedSeries[])[];
}

/** The shortest time that is worth a replay. */
const leastSeconds = 60;

/** @throws AdapterError `TrafficMissing` if there is no traffic, or not enough */
export function checkTraffic({ fromSeconds, toSeconds, byMetric }: Traffic, source: string): void {
  if (toSeconds - fromSeconds < leastSeconds)
    throw new AdapterError(
      'TrafficMissing',
      `${source}: there are ${Math.max(0, toSeconds - fromSeconds)} s to replay, and at least ${leastSeconds} are needed after the first window`,
    );
  const isSilent = byMetric
    .flat()
    .every(({ counts }) => counts.aliases.every((alias) => counts.sum(alias, fromSeconds, toSeconds) === 0));
  if (!isSilent) return;
  const names = byMetric.flat().map(({ series }) => series.route ?? 'the whole logstore');
  throw new AdapterError('TrafficMissing', `${source}: no request of ${[...new Set(names)].join(', ')}`);
}
