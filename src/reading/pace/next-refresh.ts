/** How long before the first read that wants it a refresh should have ended: an HPA may read a little early. */
const leadMs = 500;
/** The budget of refreshes counts in this time, the usual sync period of the HPA controller. */
export const periodMs = 15_000;
/** Reads that come within this time after each other share a refresh: a lower age is not worth another query. */
const leastAgeMs = 1000;
/** How exactly the greatest age is found. */
const ageStepMs = 50;

export interface DueReads {
  /** When the reads of the next period are due, monotonic ms, in ascending order. */
  readonly dueMs: readonly number[];
  /** The last refresh serves the reads until then, monotonic ms. */
  readonly servedUntilMs: number;
  /** How many refreshes a period may have. */
  readonly budget: number;
}

/** Both in monotonic ms. */
export interface RefreshTimes {
  readonly endMs: number;
  readonly servesUntilMs: number;
}

/**
 * Returns when the next refresh should have ended; undefined if the last one serves all reads.
 *
 * A refresh serves the reads from its end until an age that is the same for all. That age is the smallest with which the
 * budget serves all reads of a period. So few reads have a refresh each, and many share the refreshes evenly.
 */
export function planRefresh({ dueMs, servedUntilMs, budget }: DueReads): RefreshTimes | undefined {
  const first = dueMs.find((one) => one > servedUntilMs);
  if (first === undefined) return undefined;
  return { endMs: first - leadMs, servesUntilMs: first + smallestAgeMs(dueMs, budget) };
}

function smallestAgeMs(dueMs: readonly number[], budget: number): number {
  let [tooSmall, enough] = [leastAgeMs, periodMs];
  if (refreshesFor(dueMs, tooSmall) <= budget) return tooSmall;
  while (enough - tooSmall > ageStepMs) {
    const middle = (tooSmall + enough) / 2;
    if (refreshesFor(dueMs, middle) <= budget) enough = middle;
    else tooSmall = middle;
  }
  return enough;
}

/** Returns how many refreshes serve all reads, if each is made for its first read and serves those up to an age. */
function refreshesFor(dueMs: readonly number[], ageMs: number): number {
  let refreshes = 0;
  let servedUntilMs = -Infinity;
  for (const one of dueMs) {
    if (one <= servedUntilMs) continue;
    refreshes += 1;
    servedUntilMs = one + ageMs;
  }
  return refreshes;
}
