import { Beat } from '../../src/reading/pace/beat.ts';
import type { NextRefresh } from '../../src/reading/pace/next-refresh.ts';
import { RefreshPacer } from '../../src/reading/pace/refresh-pacer.ts';
import { seeded } from '../../test/support/seeded.ts';

/** HPAs that read one logstore. */
export interface PacedScenario {
  readonly readers: number;
  /** A read comes after 15 s and at most this much more. */
  readonly jitterMs?: number;
  /** How many moments of the 15 s have reads; those of a moment come within 0.3 s. Default: each reader has its own. */
  readonly phases?: number;
  readonly slsMs?: number;
  /** No refresh starts in the 2 s from then on, because the machine is busy. */
  readonly busyAtSeconds?: number;
  readonly seconds?: number;
  readonly seed?: number;
}

export interface PacedRead {
  readonly reader: number;
  readonly atMs: number;
  /** When the query of its reading was sent. */
  readonly queriedMs: number;
}

interface PacedReads {
  /** Those after the first two minutes, in order. */
  readonly reads: readonly PacedRead[];
  readonly queriesPerMinute: number;
}

const periodMs = 15_000;
const stepMs = 10;
/** The adapter plans anew when a refresh has ended, and at least this often. */
const planMs = 1000;
/** Until then reads have no beat yet. */
const settledMs = 120_000;
const freshnessMs = 10_000;
const refreshesIn15Seconds = 4;
/** With more readers, a query counts every route. */
const maxNamedRoutes = 5;

/** Simulates reads and refreshes with the beats and the pacer of the adapter. A read without a fresh sample queries SLS. */
export function pacedReads({
  readers,
  jitterMs = 0,
  phases = readers,
  slsMs = 80,
  busyAtSeconds = Infinity,
  seconds = 600,
  seed = 1,
}: PacedScenario): PacedReads {
  const random = seeded(seed);
  const pacer = new RefreshPacer(refreshesIn15Seconds);
  const firstMs = random() * 1000;
  const all = Array.from({ length: readers }, (_, reader) => ({
    reader,
    beat: new Beat(),
    queriedMs: -Infinity,
    nextReadMs: firstMs + ((reader % phases) / phases) * periodMs + (phases < readers ? random() * 300 : 0),
  }));
  type Reader = (typeof all)[number];
  interface Due {
    readonly reader: Reader;
    readonly dueMs: number;
  }
  const reads: PacedRead[] = [];
  let queries = 0;
  let plan:
    | { readonly madeMs: number; readonly due: readonly Due[]; readonly next: NextRefresh | undefined }
    | undefined;
  let refresh: { next: NextRefresh; startMs: number; endMs: number; serves: readonly Reader[] } | undefined;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += stepMs) {
    const isSettled = nowMs >= settledMs;
    if (refresh !== undefined && nowMs >= refresh.endMs) {
      pacer.refreshed(refresh.next, refresh.startMs, refresh.endMs);
      for (const one of refresh.serves) one.queriedMs = refresh.startMs;
      refresh = undefined;
    }
    for (const one of all) {
      if (nowMs < one.nextReadMs) continue;
      if (nowMs - one.queriedMs > freshnessMs) {
        one.queriedMs = nowMs;
        if (isSettled) queries += 1;
      }
      if (isSettled) reads.push({ reader: one.reader, atMs: nowMs, queriedMs: one.queriedMs });
      one.beat.read(nowMs);
      one.nextReadMs += periodMs + random() * jitterMs;
    }
    const isBusy = nowMs >= busyAtSeconds * 1000 && nowMs < (busyAtSeconds + 2) * 1000;
    if (refresh !== undefined || isBusy) continue;
    if (plan === undefined || nowMs - plan.madeMs >= planMs) {
      const due = all.flatMap((reader): Due[] => {
        const dueMs = reader.beat.nextMs(nowMs);
        return dueMs === undefined ? [] : [{ reader, dueMs }];
      });
      due.sort((a, b) => a.dueMs - b.dueMs);
      const times = due.map(({ dueMs }) => dueMs);
      plan = { madeMs: nowMs, due, next: pacer.next(times, nowMs, 0) };
    }
    const { due, next } = plan;
    if (next === undefined || next.startMs > nowMs) continue;
    plan = undefined;
    const served = due.filter(({ dueMs }) => dueMs < next.servesBeforeMs).map(({ reader }) => reader);
    const serves = readers > maxNamedRoutes ? all : served;
    refresh = { next, startMs: nowMs, endMs: nowMs + slsMs, serves };
    if (isSettled) queries += 1;
  }
  return { reads, queriesPerMinute: queries / ((seconds * 1000 - settledMs) / 60_000) };
}
