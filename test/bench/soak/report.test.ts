import { describe, expect, it } from 'vitest';
import type { Vitals } from '../../../bench/soak/messages.ts';
import { soakPlan } from '../../../bench/soak/plan.ts';
import { judgeSoak, soakTables } from '../../../bench/soak/report.ts';
import type { SoakOutcome } from '../../../bench/soak/soak.ts';

const plan = soakPlan(600);
const healthy: Vitals = {
  heapBytes: 60e6,
  externalBytes: 20e6,
  residentBytes: 150e6,
  sockets: 10,
  timers: 6,
  otherResources: 1,
  descriptors: 40,
  wantedSeries: 1500,
  heldSeries: 2500,
  abortSignals: 20,
  abortListeners: 8,
};
const gone: Vitals = { ...healthy, wantedSeries: 0 };

/** @param extra what is there at the end of a cycle, besides; by its place among those that are compared */
function outcomeWith(
  extra: (place: number) => Partial<Vitals>,
  more: Partial<SoakOutcome> = {},
): SoakOutcome {
  return {
    before: gone,
    cycles: Array.from({ length: plan.cycles }, (_, index) => ({
      number: index + 1,
      disturbance: 'outage',
      seconds: 40 * index,
      came: 500 * index,
      reads: 1000 * index,
      queries: 100 * index,
      living: 100,
      vitals: { ...healthy, ...extra(index - plan.steadyFrom) },
    })),
    after: gone,
    lateQueries: 0,
    readings: { right: 1000, refused: 10, excused: 5, odd: 100 },
    faults: [],
    ...more,
  };
}

const failuresOf = (outcome: SoakOutcome) => judgeSoak(outcome, plan).failures;

describe('what a soak came to', () => {
  it('is good where everything is flat', () => {
    expect(failuresOf(outcomeWith(() => ({})))).toEqual([]);
  });

  it('does not count what comes before the cycles that are compared', () => {
    expect(failuresOf(outcomeWith((place) => (place < 0 ? { heapBytes: 1e6 } : {})))).toEqual([]);
  });

  it.each([
    ['heap', 'heapBytes', 0.5e6],
    ['external', 'externalBytes', 0.5e6],
    ['resident', 'residentBytes', 4e6],
    ['sockets', 'sockets', 2],
    ['files', 'descriptors', 2],
    ['timers', 'timers', 2],
    ['other', 'otherResources', 1],
    ['wanted', 'wantedSeries', 500],
    ['held', 'heldSeries', 500],
    ['listeners', 'abortListeners', 8],
    ['signals', 'abortSignals', 8],
  ] as const)('is bad where each cycle leaves some of it behind: %s', (what, key, leak) => {
    const failures = failuresOf(outcomeWith((place) => ({ [key]: healthy[key] + place * leak })));
    expect(failures).toEqual([`${what}: more from cycle to cycle`]);
  });

  it('is bad where something is left when all is gone', () => {
    expect(failuresOf(outcomeWith(() => ({}), { after: { ...gone, sockets: 30 } }))).toEqual([
      expect.stringMatching(/^sockets: more when all is gone/),
    ]);
    expect(failuresOf(outcomeWith(() => ({}), { after: { ...gone, wantedSeries: 1 } }))).toEqual([
      '1 series are wanted when all is gone',
    ]);
    expect(failuresOf(outcomeWith(() => ({}), { lateQueries: 3 }))).toEqual([
      '3 queries of SLS when all is gone',
    ]);
  });

  it('is bad where anything went wrong on the way', () => {
    expect(failuresOf(outcomeWith(() => ({}), { faults: ['500 instead of 200'] }))).toEqual([
      '500 instead of 200',
    ]);
  });

  it('is told in a line a cycle and a line a sign', () => {
    const outcome = outcomeWith((place) => ({ sockets: 10 + 2 * place }));
    const text = soakTables(outcome, judgeSoak(outcome, plan));
    expect(text).toMatch(/^10 +360 +4500 +9000 +900 +outage +60\.0 +20\.0 +150\.0 +24 /m);
    expect(text).toMatch(/^heap \(MB\) +60\.0 +60\.0 +0\.0 +2\.0 +yes$/m);
    expect(text).toMatch(/^sockets +10 +24 +14 +6 +NO$/m);
  });
});
