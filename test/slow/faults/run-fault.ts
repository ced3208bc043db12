import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { peakAtSls, type FaultScale } from './fleet-settings.ts';
import type { Fleet } from './fleet.ts';
import { slowCodes } from './read-checker.ts';
import type { Fault } from './silencing-faults.ts';
import type { CheckedRead } from './steady-reads.ts';
import { expectWithin } from '../../support/own-time.ts';

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const isNumber = ({ finding }: CheckedRead) => finding.kind === 'number';

/** What was measured during a fault and the recovery from it. */
interface FaultRun {
  readonly seconds: number;
  readonly recoverySeconds: number;
  /** How often the adapter was about to query SLS. */
  readonly queries: number;
  readonly reads: readonly CheckedRead[];
}

/** Applies the fault until every route has failed, then waits until every route has fresh readings again. */
async function applyFault(fleet: Fleet, fault: Fault, scale: FaultScale): Promise<FaultRun> {
  const { checker, clock, reading, credentials, routes } = fleet;
  // Errors of an earlier fault were reported by its own test.
  reading.clear();
  await reading.waitForRecovery();
  reading.clear();
  checker.expectedCodes = new Set([...fault.codes, ...slowCodes]);
  const startMs = performance.now();
  const requestsBefore = credentials.requests;
  await fault.begin(fleet);
  checker.silentSinceMs = clock.now();
  const failed = () => new Set(reading.reads.filter((read) => !isNumber(read)).map(({ route }) => route));
  try {
    await sleep(scale.faultSeconds * 1000);
    await waitFor(() => reading.assertCorrect() && failed().size === routes.length, 'every route fails');
  } finally {
    checker.silentSinceMs = Infinity;
    await fault.end(fleet);
  }
  const reads = [...reading.reads];
  const queries = credentials.requests - requestsBefore;
  const seconds = (performance.now() - startMs) / 1000;
  const recoverySeconds = await reading.waitForRecovery();
  checker.expectedCodes = new Set(slowCodes);
  return { seconds, recoverySeconds, queries, reads };
}

/**
 * Applies a fault for longer than stale readings are served, and checks reads, queries and recovery.
 *
 * @param report called with the measurements before they are checked
 */
export async function runFault(
  fleet: Fleet,
  fault: Fault,
  scale: FaultScale,
  report: (figures: string) => void,
): Promise<void> {
  const { settings, network, sls } = fleet;
  const { reads, ...figures } = await applyFault(fleet, fault, scale);
  const numbers = reads.filter(isNumber);
  const failures = reads.filter((read) => !isNumber(read));
  const codes = new Set(failures.map(({ finding }) => (finding.kind === 'failure' ? finding.code : '')));
  const tookMs = (which: readonly CheckedRead[]) => median(which.map((read) => read.tookMs));
  report(
    JSON.stringify({
      ...figures,
      numbers: numbers.length,
      oldestSeconds: Math.max(...numbers.map(ageSeconds)),
      failures: failures.length,
      failureMs: tookMs(failures),
      slowestMs: Math.max(...reads.map((read) => read.tookMs)),
    }),
  );
  expect(numbers).not.toEqual([]);
  expect(fault.codes.filter((code) => codes.has(code))).not.toEqual([]);
  expect(figures.queries).toBeGreaterThan(0);
  expect(figures.queries).toBeLessThanOrEqual(fault.maxQueries(settings, figures.seconds));
  expect(sls.stats().peakConcurrency).toBeLessThanOrEqual(peakAtSls(settings));
  expect(network.peakConnections).toBeLessThanOrEqual(peakAtSls(settings));
  expectWithin(tookMs(numbers), (settings.patience + 1) * 1000, 'the median read');
  expectWithin(figures.recoverySeconds * 1000, scale.recoverySeconds * 1000, 'the recovery');
}

const ageSeconds = ({ finding, receivedMs, tookMs }: CheckedRead) =>
  finding.kind === 'number' ? (receivedMs - tookMs - finding.windowEndMs) / 1000 : 0;
