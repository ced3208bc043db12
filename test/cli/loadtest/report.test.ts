import { expect, it } from 'vitest';
import { progressLine, showProgress } from '../../../src/cli/loadtest/report.ts';
import { Tally } from '../../../src/cli/loadtest/tally.ts';
import { fakeIo } from '../../support/fake-io.ts';

const plan = { fromPerSecond: 10, toPerSecond: 10, durationMs: 60_000 };

it('the progress line shows progress and measurements', () => {
  const tally = new Tally(60_000, 1);
  tally.sent(0);
  tally.ended({ dueMs: 0, endMs: 8, ending: 503 });
  expect(progressLine(plan, 15_000, tally.total(), 80)).toMatch(
    /^█{6}░{19} 25 % · 1 of 150 sent · p95 8\.0ms · 1 failed · 45s left$/,
  );
  expect(progressLine(plan, 61_000, tally.total(), 200)).toMatch(/^█{30} 100 % · .* · 0s left$/);
});

it('the progress line fits the width of the terminal', () => {
  const latencyMs = { p50: 3000, p95: 3150, p99: 3200 };
  const total = {
    fromMs: 0,
    toMs: 600_000,
    sent: 25_500,
    unsent: 0,
    answered: 25_000,
    failed: 500,
    latencyMs,
  };
  const long = { fromPerSecond: 5, toPerSecond: 80, durationMs: 600_000 };
  expect(progressLine(long, 599_000, total, 80)).toHaveLength(80);
  expect(progressLine(long, 599_000, total, 40)).toMatch(/^█{5} 99 % /);
});

it('progress is not shown if the stream is not a terminal', () => {
  const fake = fakeIo();
  showProgress(fake.io.stderr, () => 'line')();
  expect(fake.stderr()).toBe('');
});
