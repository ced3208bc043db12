import { alignedTable } from '../../src/cli/table.ts';
import { evaluateFlatness, type FlatnessVerdict } from './flatness.ts';
import type { ResourceUsage } from './messages.ts';
import type { SoakPlan } from './plan.ts';
import type { SoakOutcome } from './soak.ts';

interface UsageLimit {
  readonly key: keyof ResourceUsage;
  readonly what: string;
  readonly unit: 'MB' | '';
  /** The growth that still counts as flat. */
  readonly allowed: number | ((plan: SoakPlan) => number);
}

const megabyte = 1e6;

const hpasOfCycle = ({ permanentHpas, temporaryHpas }: SoakPlan) => permanentHpas + temporaryHpas;

const usageLimits: readonly UsageLimit[] = [
  { key: 'heapBytes', what: 'heap', unit: 'MB', allowed: 2 * megabyte },
  { key: 'externalBytes', what: 'external', unit: 'MB', allowed: megabyte },
  { key: 'residentBytes', what: 'resident', unit: 'MB', allowed: (plan) => plan.residentGrowthMb * megabyte },
  { key: 'sockets', what: 'sockets', unit: '', allowed: 6 },
  // Files and the sockets of attackers that are open at the moment: 41 to 48 in a run whose end is as its beginning.
  { key: 'descriptors', what: 'files', unit: '', allowed: 12 },
  { key: 'timers', what: 'timers', unit: '', allowed: 6 },
  { key: 'otherResources', what: 'other', unit: '', allowed: 4 },
  // Those of the last 90 s: of two cycles, give or take a part of one. After the last cycle there are none.
  { key: 'wantedSeries', what: 'wanted', unit: '', allowed: (plan) => 0.8 * hpasOfCycle(plan) },
  { key: 'storedSeries', what: 'stored', unit: '', allowed: (plan) => 0.05 * hpasOfCycle(plan) },
  { key: 'abortListeners', what: 'listeners', unit: '', allowed: 10 },
  { key: 'abortSignals', what: 'signals', unit: '', allowed: 20 },
];

interface Verdicts {
  readonly flatness: readonly FlatnessVerdict[];
  /** Empty: the soak has passed. */
  readonly failures: readonly string[];
}

export function evaluateSoak(outcome: SoakOutcome, plan: SoakPlan): Verdicts {
  const { cycles, after, lateQueries, faults } = outcome;
  const steady = cycles.slice(plan.firstComparedCycle).map(({ usage }) => usage);
  const flatness = usageLimits.map((limit) => {
    const allowed = typeof limit.allowed === 'number' ? limit.allowed : limit.allowed(plan);
    const values = steady.map((usage) => usage[limit.key]);
    return evaluateFlatness(limit.what, values, allowed);
  });
  const grown = flatness.filter(({ flat }) => !flat).map(({ what }) => `${what}: grows from cycle to cycle`);
  const leftover = flatness
    .filter(({ first, allowed }, index) => after[usageLimits[index]?.key ?? 'heapBytes'] > first + allowed)
    .map(({ what }) => `${what}: more without HPAs at the end than after the first compared cycle`);
  const wanted =
    after.wantedSeries > 0 ? [`${after.wantedSeries} series are still wanted without HPAs at the end`] : [];
  const late = lateQueries > 0 ? [`${lateQueries} SLS queries without HPAs at the end`] : [];
  return { flatness, failures: [...grown, ...leftover, ...wanted, ...late, ...faults] };
}

/** Returns a table with one line per cycle, a table with one line per kind of resource, and a summary of the reads. */
export function soakTables(outcome: SoakOutcome, { flatness }: Verdicts): string {
  const { before, after, cycles, readings, lateQueries } = outcome;
  const cellsOf = (usage: ResourceUsage) => usageLimits.map(({ key, unit }) => figure(usage[key], unit));
  const head = [
    'CYCLE',
    'SECONDS',
    'HPAS',
    'READS',
    'QUERIES',
    'DISTURBANCE',
    ...usageLimits.map(({ what }) => what.toUpperCase()),
  ];
  const cycleTable = alignedTable(head, [
    ['before', '-', '-', '-', '-', '-', ...cellsOf(before)],
    ...cycles.map(({ number, seconds, added, reads, queries, disturbance, usage }) => [
      `${number}`,
      seconds.toFixed(0),
      `${added}`,
      `${reads}`,
      `${queries}`,
      disturbance,
      ...cellsOf(usage),
    ]),
    ['after', '-', '-', '-', `+${lateQueries}`, '-', ...cellsOf(after)],
  ]);
  const verdictTable = alignedTable(
    ['WHAT', 'FIRST', 'LAST', 'GROWTH', 'ALLOWED', 'FLAT'],
    flatness.map(({ what, first, last, growth, allowed, flat }, index) => {
      const { unit = '' } = usageLimits[index] ?? {};
      const figures = [first, last, growth, allowed].map((value) => figure(value, unit));
      return [unit === '' ? what : `${what} (${unit})`, ...figures, flat ? 'yes' : 'NO'];
    }),
  );
  const { correct, refused, tolerated, delayed, misbehaving } = readings;
  const reads = `${correct} correct readings, ${refused} expected refusals, ${tolerated} failures while SLS failed, ${delayed} while the machine was busy, ${misbehaving} misbehaving requests`;
  return [cycleTable, '', verdictTable, '', reads].join('\n');
}

const figure = (value: number, unit: UsageLimit['unit']) =>
  unit === 'MB' ? (value / megabyte).toFixed(1) : `${Math.round(value)}`;
