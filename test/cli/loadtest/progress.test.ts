import { expect, it } from 'vitest';
import { progressLine, showProgress } from '../../../src/cli/loadtest/progress.ts';
import { Tally } from '../../../src/cli/loadtest/tally.ts';
import { fakeIo } from '../../support/fake-io.ts';

const plan = { fromPerSecond: 10, toPerSecond: 10, durationMs: 60_000 };

it('says how far it is', () => {
  const tally = new Tally(60_000, 1);
  tally.sent(0);
  tally.ended({ dueMs: 0, endMs: 8, ending: 503 });
  expect(progressLine(plan, 15_000, tally.total())).toMatch(
    /^█{8}░{22} 25 % · 1 of 150 requests sent · p95 8\.0ms · 1 failed · 45s left$/,
  );
  expect(progressLine(plan, 61_000, tally.total())).toMatch(/^█{30} 100 % · .* · 0s left$/);
});

it('is silent where there is no terminal', () => {
  const fake = fakeIo();
  showProgress(fake.io.stderr, () => 'line')();
  expect(fake.stderr()).toBe('');
});
