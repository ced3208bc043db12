import process from 'node:process';
import { expect } from 'vitest';
import { podMebibytes } from '../../../../bench/support/server-process.ts';
import type { HeldMemory } from './diagnostics.ts';
import type { HonestRead } from './honest-hpa.ts';
import { maxGrowth } from './scenario.ts';
import { expectWithin } from '../../../support/own-time.ts';

/** What an attack did to the honest HPA and to the adapter. */
export interface Harm {
  /** Of the honest HPA, and probes of /livez, from the start of the attack until the end of the watch. */
  readonly reads: readonly HonestRead[];
  readonly probes: readonly HonestRead[];
  /** Undefined: the adapter did not answer. */
  readonly before: HeldMemory | undefined;
  readonly after: HeldMemory | undefined;
  /** In MB of 10⁶ bytes. */
  readonly peakResidentMb: number;
  /** The longest time in which the adapter replied to neither reads nor probes. */
  readonly longestSilenceMs: number;
  readonly crash: string | undefined;
  readonly lastLines: readonly string[];
  readonly logBytes: number;
}

const maxReadMs = 1000;
const maxAgeSeconds = 60;
const late = /Timeout|DeadlineExceeded|no reply within/;

/**
 * Checks the promise of docs/security.md: no failed read, none slower than 1 s, /livez within 1 s, memory back to within 20 %,
 * never above the pod's limit, no crash. A read may be slower by as much as the adapter waited for a processor: attackers have machines of their own.
 */
export function expectUnharmed(harm: Harm): void {
  const { reads, probes, before, after, peakResidentMb, crash } = harm;
  const told = describeHarm(harm);
  if (process.env['ABUSE_FIGURES'] !== undefined) console.log(told);
  expect(crash, `${told}\n${harm.lastLines.join('\n')}`).toBeUndefined();
  expect(reads.length, told).toBeGreaterThan(1);
  const failures = [...reads, ...probes].flatMap(({ failure }) => failure ?? []);
  // The API server and SLS run in the busy process of the attackers, so the test runs again, as `expectWithin` says.
  const isLate = failures.every((failure) => late.test(failure));
  expect(failures, isLate ? `too slow: ${told}` : told).toEqual([]);
  expect(Math.max(...reads.map(({ ageSeconds = 0 }) => ageSeconds)), told).toBeLessThan(maxAgeSeconds);
  expect(after?.heldBytes, told).toBeLessThan((before?.heldBytes ?? 0) * (1 + maxGrowth));
  expect(peakResidentMb, told).toBeLessThan((podMebibytes() * 1024 ** 2) / 1e6);
  expectWithin(slowest([...reads, ...probes]), maxReadMs, told);
}

/** Returns one line of figures. */
function describeHarm({
  reads,
  probes,
  before,
  after,
  peakResidentMb,
  longestSilenceMs,
  crash,
  logBytes,
}: Harm): string {
  const failed = (all: readonly HonestRead[]) => all.filter(({ failure }) => failure !== undefined);
  const mb = (memory: HeldMemory | undefined) => ((memory?.heldBytes ?? NaN) / 1e6).toFixed(1);
  const [first] = failed([...reads, ...probes]);
  return [
    `${reads.length} reads, ${failed(reads).length} failed, slowest ${slowest(reads).toFixed(0)} ms`,
    `oldest ${Math.max(...reads.map(({ ageSeconds = 0 }) => ageSeconds)).toFixed(0)} s`,
    `${probes.length} probes, ${failed(probes).length} failed, slowest ${slowest(probes).toFixed(0)} ms`,
    `silent for up to ${(longestSilenceMs / 1000).toFixed(1)} s`,
    `held ${mb(before)} → ${mb(after)} MB, sockets ${before?.sockets} → ${after?.sockets}`,
    `peak resident ${peakResidentMb.toFixed(0)} MB, log ${(logBytes / 1e6).toFixed(1)} MB`,
    ...(first === undefined ? [] : [`first failure: ${first.failure}`]),
    ...(crash === undefined ? [] : [crash]),
  ].join('; ');
}

const slowest = (reads: readonly HonestRead[]): number =>
  Math.max(0, ...reads.map(({ tookMs, waitedMs }) => tookMs - waitedMs));
