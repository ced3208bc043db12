import { expect, it } from 'vitest';
import { undisturbed, type SyncRead } from '../../../bench/support/sync-reads.ts';

const reading = { value: 1, windowSeconds: 15, windowEndSeconds: 100 };

/** One read a line: when it was sent, how late that was and how long it took, all in ms. */
const readsOf = (
  ...reads: readonly (readonly [sentMs: number, lagMs: number, tookMs: number])[]
): SyncRead[] =>
  reads.map(([sentMs, lagMs, tookMs], index) => ({ index, sentMs, lagMs, tookMs, answer: reading }));

const left = (reads: readonly SyncRead[]) => undisturbed(reads).map(({ index }) => index);

it('leaves out what was under way while the load generator was held up, and what it sent at the end of that', () => {
  const reads = readsOf(
    [0, 0, 1],
    // Answered before it was held up, and meanwhile.
    [10, 1, 5],
    [12, 1, 40],
    [20, 0, 1],
    // Due at 30, and held up until 50.
    [50, 20, 1],
    [50, 18, 2],
    [53, 3, 1],
    [55, 0, 1],
  );
  expect(left(reads)).toEqual([0, 1, 6, 7]);
});

it('leaves out no read that the server alone held up', () => {
  expect(left(readsOf([0, 0, 500], [2, 1, 500], [4, 3, 500], [600, 0, 1]))).toEqual([0, 1, 2, 3]);
});

it('goes by each time that it was held up', () => {
  const reads = readsOf(
    [0, 0, 1],
    [20, 10, 1],
    [30, 0, 1],
    [40, 0, 100],
    [60, 0, 1],
    [90, 20, 1],
    [160, 0, 1],
  );
  expect(left(reads)).toEqual([2, 6]);
  expect(left(readsOf([5, 5, 1], [10, 0, 1]))).toEqual([1]);
  expect(left([])).toEqual([]);
});
