/** How long before the first read that wants it a refresh should have ended: an HPA may read a little early. */
const leadMs = 250;
/** The budget of refreshes counts in this time, the usual sync period of the HPA controller. */
export const periodMs = 15_000;
/** Reads do not come to the millisecond, so the refreshes of the next period may come earlier by this. */
const earlyMs = 500;
/** Reads that come within this time after each other share a refresh: a lower age is not worth another query. */
const leastGapMs = 1000;

interface DueReads {
  /** When the reads of the next period are due, monotonic ms, in ascending order. */
  readonly dueMs: readonly number[];
  /** How long a refresh takes. */
  readonly durationMs: number;
  /** When the last refreshes were to start, monotonic ms, the newest last: as many as a period may have; `-Infinity` for none. */
  readonly startsMs: readonly number[];
  /** The Unix time less the monotonic time, in ms. */
  readonly unixOffsetMs: number;
}

/** Both in monotonic ms. */
export interface NextRefresh {
  readonly startMs: number;
  /** It serves the reads that are due before this time. */
  readonly servesBeforeMs: number;
}

/** Reads that need a refresh within the same second. */
interface Group {
  /** Windows end at whole seconds, so all refreshes that start within a second count the same lines. Unix time. */
  readonly second: number;
  /** When their refresh starts. */
  readonly startMs: number;
  /** When the first of them is due. */
  readonly firstMs: number;
  readonly reads: number;
}

/**
 * Returns the next refresh; undefined if the last one serves all reads that are due. Of all ways to spend the refreshes of
 * a period, it begins the one in which the lines are newest when they are read, over all reads.
 */
export function planRefresh({
  dueMs,
  durationMs,
  startsMs,
  unixOffsetMs,
}: DueReads): NextRefresh | undefined {
  const [firstMs] = dueMs;
  if (firstMs === undefined) return undefined;
  const lastMs = Math.max(startsMs.at(-1) ?? -Infinity, firstMs - 10 * periodMs);
  const secondOf = (startMs: number) => Math.floor((startMs + unixOffsetMs) / 1000);
  const aheadMs = durationMs + leadMs;
  const last = { second: secondOf(lastMs), startMs: lastMs, firstMs: lastMs, reads: 0 };
  const due = Map.groupBy(dueMs, (one) => secondOf(one - aheadMs));
  const groups = Array.from(due, ([second, [first = 0, ...others]]): Group => {
    return { second, startMs: first - aheadMs, firstMs: first, reads: others.length + 1 };
  }).filter(({ second }) => second > last.second);
  const earliestMs = startsMs.map((one) => one + periodMs - earlyMs);
  const [next, following] = bestRefreshes([last, ...groups], earliestMs);
  return next && { startMs: next.startMs, servesBeforeMs: following?.firstMs ?? Infinity };
}

/** Which groups have a refresh, from one of them on. */
interface Plan {
  readonly refreshes: readonly Group[];
  /** The sum over the reads, in seconds. */
  readonly ages: number;
}

/**
 * Returns the groups that have a refresh in the best plan, after that of the first group.
 *
 * @param earliestMs when each of these refreshes may start
 */
function bestRefreshes(groups: readonly Group[], earliestMs: readonly number[]): readonly Group[] {
  const starting = groups.map((_, index) => ({ refreshes: [], ages: agesOf(groups.slice(index)) }));
  // For each group that has a refresh, the best plan with one more refresh after it, with two more, and so on.
  const plans = earliestMs.reduceRight<readonly Plan[]>(
    (after, earliest) =>
      groups.map((from, index) => {
        let best: Plan = starting[index] ?? { refreshes: [], ages: 0 };
        for (const [next, to] of groups.entries()) {
          if (next <= index || to.startMs < Math.max(earliest, from.startMs + leastGapMs)) continue;
          const { refreshes = [], ages = 0 } = after[next] ?? {};
          const plan = { refreshes: [to, ...refreshes], ages: ages + agesOf(groups.slice(index, next)) };
          if (plan.ages < best.ages) best = plan;
        }
        return best;
      }),
    starting,
  );
  return plans[0]?.refreshes ?? [];
}

/** Returns the sum of the ages of the lines that a refresh for the first group gives to the reads of these. */
function agesOf(groups: readonly Group[]): number {
  const [first] = groups;
  return groups.reduce((sum, { second, reads }) => sum + reads * (second - (first?.second ?? 0)), 0);
}
