import { describe, expect, it } from 'vitest';
import type { ResourceUsage } from '../../../bench/soak/messages.ts';
import { soakPlan } from '../../../bench/soak/plan.ts';
import { evaluateSoak, soakTables } from '../../../bench/soak/report.ts';
import type { SoakOutcome } from '../../../bench/soak/soak.ts';

const plan = soakPlan(600);
const healthy: ResourceUsage = {
  heapBytes: 60e6,
  externalBytes: 20e6,
  residentBytes: 150e6,
  sockets: 10,
  timers: 6,
  otherResources: 1,
  descriptors: 40,
  wantedSeries: 1500,
  storedSeries: 2500,
  abortSignals: 20,
  abortListeners: 8,
};
const withoutHpas: ResourceUsage = { ...healthy, wantedSeries: 0 };

/** @param changes other values at the end of a cycle, by its index among the compared cycles */
function outcomeWith(
  changes: (index: number) => Partial<ResourceUsage>,
  more: Partial<SoakOutcome> = {},
): SoakOutcome {
  return {
    before: withoutHpas,
    cycles: Array.from({ length: plan.cycles }, (_, index) => ({
      number: index + 1,
      disturbance: 'outage',
      seconds: 40 * index,
      added: 500 * index,
      reads: 1000 * index,
      queries: 100 * index,
      usage: { ...healthy, ...changes(index - plan.firstComparedCycle) },
    })),
    after: withoutHpas,
    lateQueries: 0,
    readings: { correct: 1000, refused: 10, tolerated: 5, delayed: 0, misbehaving: 100 },
    faults: [],
    ...more,
  };
}

const failuresOf = (outcome: SoakOutcome) => evaluateSoak(outcome, plan).failures;

describe('the evaluation of a soak', () => {
  it('passes if every resource is flat', () => {
    expect(failuresOf(outcomeWith(() => ({})))).toEqual([]);
  });

  it('ignores the cycles before the compared ones', () => {
    expect(failuresOf(outcomeWith((index) => (index < 0 ? { heapBytes: 1e6 } : {})))).toEqual([]);
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
    ['stored', 'storedSeries', 500],
    ['listeners', 'abortListeners', 8],
    ['signals', 'abortSignals', 8],
  ] as const)('fails if each cycle leaks some of: %s', (what, key, leak) => {
    const failures = failuresOf(outcomeWith((index) => ({ [key]: healthy[key] + index * leak })));
    expect(failures).toEqual([`${what}: grows from cycle to cycle`]);
  });

  it('lets resident memory grow by more in a short soak, whose minute is the first of the process', () => {
    const outcome = outcomeWith((index) => ({ residentBytes: healthy.residentBytes + index * 2e6 }), {
      after: { ...withoutHpas, residentBytes: healthy.residentBytes + 20e6 },
    });
    expect(
      evaluateSoak(outcome, { ...plan, residentGrowthMb: soakPlan(30).residentGrowthMb }).failures,
    ).toEqual([]);
    expect(failuresOf(outcome)).toHaveLength(2);
  });

  it('fails if resources, wanted series or queries are left without HPAs at the end', () => {
    expect(failuresOf(outcomeWith(() => ({}), { after: { ...withoutHpas, sockets: 30 } }))).toEqual([
      expect.stringMatching(/^sockets: more without HPAs at the end/),
    ]);
    expect(failuresOf(outcomeWith(() => ({}), { after: { ...withoutHpas, wantedSeries: 1 } }))).toEqual([
      '1 series are still wanted without HPAs at the end',
    ]);
    expect(failuresOf(outcomeWith(() => ({}), { lateQueries: 3 }))).toEqual([
      '3 SLS queries without HPAs at the end',
    ]);
  });

  it('fails if there was any fault', () => {
    expect(failuresOf(outcomeWith(() => ({}), { faults: ['500 instead of 200'] }))).toEqual([
      '500 instead of 200',
    ]);
  });

  it('is printed with one line per cycle and one line per resource', () => {
    const outcome = outcomeWith((index) => ({ sockets: 10 + 2 * index }));
    const text = soakTables(outcome, evaluateSoak(outcome, plan));
    expect(text).toMatch(/^10 +360 +4500 +9000 +900 +outage +60\.0 +20\.0 +150\.0 +24 /m);
    expect(text).toMatch(/^heap \(MB\) +60\.0 +60\.0 +0\.0 +2\.0 +yes$/m);
    expect(text).toMatch(/^sockets +10 +24 +14 +6 +NO$/m);
  });
});
