import { alignedTable } from '../../src/cli/table.ts';
import { judgeFlatness, type FlatnessVerdict } from './flatness.ts';
import type { Vitals } from './messages.ts';
import type { SoakPlan } from './plan.ts';
import type { SoakOutcome } from './soak.ts';

interface Sign {
  readonly key: keyof Vitals;
  readonly what: string;
  readonly unit: 'MB' | '';
  /** How much more of it is still flat. */
  readonly allowed: number;
  /** That for each HPA of a cycle. */
  readonly allowedPerHpa?: number;
}

const megabyte = 1e6;

/** Docs: docs/testing.md. */
const signs: readonly Sign[] = [
  { key: 'heapBytes', what: 'heap', unit: 'MB', allowed: 2 * megabyte },
  { key: 'externalBytes', what: 'external', unit: 'MB', allowed: megabyte },
  { key: 'residentBytes', what: 'resident', unit: 'MB', allowed: 12 * megabyte },
  { key: 'sockets', what: 'sockets', unit: '', allowed: 6 },
  { key: 'descriptors', what: 'files', unit: '', allowed: 6 },
  { key: 'timers', what: 'timers', unit: '', allowed: 6 },
  { key: 'otherResources', what: 'other', unit: '', allowed: 4 },
  // Those of three cycles, and of a fourth more or fewer; a cycle that is not forgotten is one for each HPA.
  { key: 'wantedSeries', what: 'wanted', unit: '', allowed: 0, allowedPerHpa: 0.2 },
  { key: 'heldSeries', what: 'held', unit: '', allowed: 0, allowedPerHpa: 0.05 },
  { key: 'abortListeners', what: 'listeners', unit: '', allowed: 10 },
  { key: 'abortSignals', what: 'signals', unit: '', allowed: 20 },
];

export interface Verdicts {
  readonly flatness: readonly FlatnessVerdict[];
  /** What is not as it must be; empty: the soak has passed. */
  readonly failures: readonly string[];
}

export function judgeSoak(outcome: SoakOutcome, plan: SoakPlan): Verdicts {
  const { cycles, after, lateQueries, faults } = outcome;
  const steady = cycles.slice(plan.steadyFrom).map(({ vitals }) => vitals);
  const flatness = signs.map((sign) => {
    const allowed = sign.allowed + (sign.allowedPerHpa ?? 0) * (plan.stayingHpas + plan.comingHpas);
    return judgeFlatness(
      sign.what,
      steady.map((vitals) => vitals[sign.key]),
      allowed,
    );
  });
  const grown = flatness.filter(({ flat }) => !flat).map(({ what }) => `${what}: more from cycle to cycle`);
  const left = flatness
    .filter(({ first, allowed }, index) => after[signs[index]?.key ?? 'heapBytes'] > first + allowed)
    .map(({ what }) => `${what}: more when all is gone than at the end of the first cycle that is compared`);
  const wanted = after.wantedSeries > 0 ? [`${after.wantedSeries} series are wanted when all is gone`] : [];
  const late = lateQueries > 0 ? [`${lateQueries} queries of SLS when all is gone`] : [];
  return { flatness, failures: [...grown, ...left, ...wanted, ...late, ...faults] };
}

/** The cycles, one a line, and what came of them. */
export function soakTables(outcome: SoakOutcome, { flatness }: Verdicts): string {
  const { before, after, cycles, readings, lateQueries } = outcome;
  const vitalsOf = (vitals: Vitals) => signs.map(({ key, unit }) => figure(vitals[key], unit));
  const head = [
    'CYCLE',
    'SECONDS',
    'HPAS',
    'READS',
    'QUERIES',
    'DISTURBANCE',
    ...signs.map(({ what }) => what.toUpperCase()),
  ];
  const cycleTable = alignedTable(head, [
    ['before', '-', '-', '-', '-', '-', ...vitalsOf(before)],
    ...cycles.map(({ number, seconds, came, reads, queries, disturbance, vitals }) => [
      `${number}`,
      seconds.toFixed(0),
      `${came}`,
      `${reads}`,
      `${queries}`,
      disturbance,
      ...vitalsOf(vitals),
    ]),
    ['after', '-', '-', '-', `+${lateQueries}`, '-', ...vitalsOf(after)],
  ]);
  const verdictTable = alignedTable(
    ['WHAT', 'FIRST', 'LAST', 'GROWTH', 'ALLOWED', 'FLAT'],
    flatness.map(({ what, first, last, growth, allowed, flat }, index) => {
      const { unit = '' } = signs[index] ?? {};
      const figures = [first, last, growth, allowed].map((value) => figure(value, unit));
      return [unit === '' ? what : `${what} (${unit})`, ...figures, flat ? 'yes' : 'NO'];
    }),
  );
  const { right, refused, excused, odd } = readings;
  const reads = `${right} readings were right, ${refused} refused as due, ${excused} failed while SLS did; ${odd} odd requests`;
  return [cycleTable, '', verdictTable, '', reads].join('\n');
}

const figure = (value: number, unit: Sign['unit']) =>
  unit === 'MB' ? (value / megabyte).toFixed(1) : `${Math.round(value)}`;
