import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import type { FaultScale } from './fleet-settings.ts';
import type { Fleet } from './fleet.ts';
import { tooSlow } from './read-checker.ts';
import type { Fault } from './silencing-faults.ts';
import type { JudgedRead } from './steady-reads.ts';

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const isNumber = ({ finding }: JudgedRead) => finding.kind === 'number';

/** What became of a fleet under a fault. */
interface Silence {
  readonly seconds: number;
  readonly recoverySeconds: number;
  /** How often the adapter set out to ask SLS. */
  readonly queries: number;
  readonly reads: readonly JudgedRead[];
}

/** Until every route has failed, and then until every route reads fresh again. */
async function silence(fleet: Fleet, fault: Fault, scale: FaultScale): Promise<Silence> {
  const { judge, clock, reading, credentials, routes } = fleet;
  // What another fault has left behind is told there.
  reading.forget();
  await reading.recovered(60_000);
  reading.forget();
  judge.due = new Set([...fault.codes, fault.codeBefore ?? 'CircuitOpen', ...tooSlow]);
  const startMs = performance.now();
  const askedBefore = credentials.asked;
  await fault.begin(fleet);
  judge.silentSinceMs = clock.now();
  const failed = () => new Set(reading.reads.filter((read) => !isNumber(read)).map(({ route }) => route));
  try {
    await sleep(scale.faultSeconds * 1000);
    await waitFor(() => reading.noneWrong() && failed().size === routes.length, 60_000, 'every route fails');
  } finally {
    judge.silentSinceMs = Infinity;
    await fault.end(fleet);
  }
  const reads = [...reading.reads];
  const queries = credentials.asked - askedBefore;
  const seconds = (performance.now() - startMs) / 1000;
  // Far more than is allowed, so that what is late is told apart from what never comes.
  const recoverySeconds = await reading.recovered((scale.recoverySeconds + 30) * 1000);
  judge.due = new Set(tooSlow);
  return { seconds, recoverySeconds, queries, reads };
}

/**
 * A fault that leaves no query answered, for longer than stale readings are served.
 *
 * @param note told what came of it, before that is judged
 */
export async function endure(
  fleet: Fleet,
  fault: Fault,
  scale: FaultScale,
  note: (figures: string) => void,
): Promise<void> {
  const { settings, network, sls } = fleet;
  const { reads, ...figures } = await silence(fleet, fault, scale);
  const numbers = reads.filter(isNumber);
  const failures = reads.filter((read) => !isNumber(read));
  const codes = new Set(failures.map(({ finding }) => (finding.kind === 'failure' ? finding.code : '')));
  const tookMs = (which: readonly JudgedRead[]) => median(which.map((read) => read.tookMs));
  note(
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
  expect(tookMs(numbers)).toBeLessThan((settings.patience + 1) * 1000);
  expect(figures.queries).toBeGreaterThan(0);
  expect(figures.queries).toBeLessThanOrEqual(fault.mostQueries(settings, figures.seconds));
  // What was canceled ends at SLS a moment later.
  expect(sls.stats().peakConcurrency).toBeLessThanOrEqual(settings.maxConcurrent + 2);
  expect(network.peakConnections).toBeLessThanOrEqual(settings.maxConcurrent + 2);
  expect(figures.recoverySeconds).toBeLessThan(scale.recoverySeconds);
}

const ageSeconds = ({ finding, receivedMs, tookMs }: JudgedRead) =>
  finding.kind === 'number' ? (receivedMs - tookMs - finding.windowEndMs) / 1000 : 0;
