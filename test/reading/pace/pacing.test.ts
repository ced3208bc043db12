import { describe, expect, it } from 'vitest';
import { Beat } from '../../../src/reading/pace/beat.ts';
import { RefreshPacer, type NextRefresh } from '../../../src/reading/pace/refresh-pacer.ts';

const periodMs = 15_000;
const freshnessMs = 10_000;

/** A simulation in whole tens of milliseconds; docs/decisions/refreshes-meet-reads.md has its figures. */
interface Scenario {
  readonly readers: number;
  /** A read comes after 15 s and at most this much more. */
  readonly jitterMs?: number;
  readonly phases?: number;
  readonly slsMs?: number;
  /** No refresh starts in the 2 s from then on, because the machine is busy. */
  readonly busyAtSeconds?: number;
  readonly seconds?: number;
}

/** A generator of numbers in [0, 1) that are the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Reads of one logstore and its refreshes, in steps of 10 ms. A read without a fresh sample asks SLS itself. */
function simulate({
  readers,
  jitterMs = 0,
  phases = readers,
  slsMs = 80,
  busyAtSeconds = Infinity,
  seconds = 600,
}: Scenario) {
  const random = seeded(readers * 7 + jitterMs);
  const pacer = new RefreshPacer(4);
  const all = Array.from({ length: readers }, (_, index) => ({
    beat: new Beat(),
    nextReadMs: ((index % phases) / phases) * periodMs + random() * (phases < readers ? 300 : 1),
    coldMs: -Infinity,
  }));
  const agesMs: number[] = [];
  let queries = 0;
  let sampledMs = -Infinity;
  let inFlight: { readonly next: NextRefresh; readonly startMs: number; readonly endMs: number } | undefined;
  const settledMs = 120_000;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += 10) {
    if (inFlight !== undefined && nowMs >= inFlight.endMs) {
      pacer.refreshed(inFlight.next, inFlight.startMs, inFlight.endMs);
      sampledMs = inFlight.startMs;
      inFlight = undefined;
    }
    for (const reader of all) {
      if (nowMs < reader.nextReadMs) continue;
      const ageMs = nowMs - Math.max(sampledMs, reader.coldMs);
      const isCold = ageMs > freshnessMs;
      if (isCold) reader.coldMs = nowMs;
      if (nowMs >= settledMs) {
        agesMs.push(isCold ? slsMs : ageMs);
        if (isCold) queries += 1;
      }
      reader.beat.read(nowMs);
      reader.nextReadMs = nowMs + periodMs + random() * jitterMs;
    }
    if (inFlight !== undefined) continue;
    const dueMs = all.flatMap(({ beat }) => beat.nextMs(nowMs) ?? []).sort((a, b) => a - b);
    const next = pacer.next(dueMs, nowMs);
    const isBusy = nowMs >= busyAtSeconds * 1000 && nowMs < (busyAtSeconds + 2) * 1000;
    if (isBusy || next === undefined || next.startMs > nowMs) continue;
    inFlight = { next, startMs: nowMs, endMs: nowMs + slsMs };
    if (nowMs >= settledMs) queries += 1;
  }
  const sorted = agesMs.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  const minutes = (seconds * 1000 - settledMs) / 60_000;
  return { medianMs: at(0.5), p95Ms: at(0.95), queriesPerMinute: queries / minutes };
}

describe('the age of a reading when it is read, beyond the delay of its log', () => {
  it.each<[Scenario, { readonly medianMs: number; readonly p95Ms: number; readonly queries: number }]>([
    [{ readers: 1 }, { medianMs: 1000, p95Ms: 2000, queries: 5 }],
    [{ readers: 2 }, { medianMs: 1000, p95Ms: 2000, queries: 9 }],
    [{ readers: 3 }, { medianMs: 1000, p95Ms: 2000, queries: 13 }],
    [{ readers: 20 }, { medianMs: 2200, p95Ms: 4000, queries: 17 }],
    [{ readers: 60 }, { medianMs: 2200, p95Ms: 4000, queries: 17 }],
    [
      { readers: 25, phases: 4 },
      { medianMs: 1000, p95Ms: 2000, queries: 17 },
    ],
    [
      { readers: 1, jitterMs: 500 },
      { medianMs: 1000, p95Ms: 2000, queries: 5 },
    ],
    [
      { readers: 25, phases: 4, busyAtSeconds: 121.9 },
      { medianMs: 1000, p95Ms: 2000, queries: 17 },
    ],
    [
      { readers: 1, jitterMs: 3000 },
      { medianMs: 1500, p95Ms: 3500, queries: 6 },
    ],
    [
      { readers: 3, jitterMs: 3000 },
      { medianMs: 1500, p95Ms: 3500, queries: 13 },
    ],
    [
      { readers: 20, jitterMs: 3000 },
      { medianMs: 2200, p95Ms: 4500, queries: 17 },
    ],
    [
      { readers: 3, slsMs: 2000 },
      { medianMs: 2600, p95Ms: 3000, queries: 13 },
    ],
    [
      { readers: 20, slsMs: 4000 },
      { medianMs: 6500, p95Ms: 9000, queries: 17 },
    ],
  ])('stays low within the budget: %j', (scenario, most) => {
    const found = simulate(scenario);
    expect(found.medianMs).toBeLessThanOrEqual(most.medianMs);
    expect(found.p95Ms).toBeLessThanOrEqual(most.p95Ms);
    expect(found.queriesPerMinute).toBeLessThanOrEqual(most.queries);
  });
});
