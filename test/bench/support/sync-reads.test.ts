import { expect, it } from 'vitest';
import { withoutStalledReads, type SyncRead } from '../../../bench/support/sync-reads.ts';

const result = { value: 1, windowSeconds: 15, windowEndSeconds: 100 };

/** One read per argument: when it was sent, how late that was and how long it took, all in ms. */
const readsOf = (
  ...reads: readonly (readonly [sentMs: number, lagMs: number, tookMs: number])[]
): SyncRead[] => reads.map(([sentMs, lagMs, tookMs], index) => ({ index, sentMs, lagMs, tookMs, result }));

const kept = (reads: readonly SyncRead[]) => withoutStalledReads(reads).map(({ index }) => index);

it('drops reads that were in flight during a stall of the load generator or sent at its end', () => {
  const reads = readsOf(
    [0, 0, 1],
    // The first is answered before the stall, the second during it.
    [10, 1, 5],
    [12, 1, 40],
    [20, 0, 1],
    // Due at 30, but the load generator stalls until 50.
    [50, 20, 1],
    [50, 18, 2],
    [53, 3, 1],
    [55, 0, 1],
  );
  expect(kept(reads)).toEqual([0, 1, 6, 7]);
});

it('keeps reads that only the server delayed', () => {
  expect(kept(readsOf([0, 0, 500], [2, 1, 500], [4, 3, 500], [600, 0, 1]))).toEqual([0, 1, 2, 3]);
});

it('drops the reads of each of several stalls', () => {
  const reads = readsOf(
    [0, 0, 1],
    [20, 10, 1],
    [30, 0, 1],
    [40, 0, 100],
    [60, 0, 1],
    [90, 20, 1],
    [160, 0, 1],
  );
  expect(kept(reads)).toEqual([2, 6]);
  expect(kept(readsOf([5, 5, 1], [10, 0, 1]))).toEqual([1]);
  expect(kept([])).toEqual([]);
});
