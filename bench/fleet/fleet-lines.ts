import type { Line, Target } from '../line.ts';
import type { SeenQuery } from '../sls/messages.ts';
import { figureOf, perMinute, quantile, type Figure } from '../statistics.ts';
import type { FleetRun } from './fleet.ts';
import type { SyncRead } from '../support/sync-reads.ts';

export interface FleetTargets {
  readonly p99Ms?: number;
  readonly readingQueriesPerMinute?: number;
  readonly completenessQueriesPerMinute?: number;
  readonly queriesPerMinute?: number;
  /** Of one core: refreshes and reads. */
  readonly cpuPercent?: number;
  readonly peakMb?: number;
}

const failed = ({ answer }: SyncRead) => 'failure' in answer;
const atMost = (value: number | undefined): { target?: Target } =>
  value === undefined ? {} : { target: { bound: 'at most', value } };

/** @param linesPerSecond of each route */
export function fleetLines(
  row: string,
  run: FleetRun,
  linesPerSecond: number,
  targets: FleetTargets,
): Line[] {
  const line = (what: string, unit: Line['unit'], measured: Figure, mostValue?: number): Line => ({
    row,
    what,
    unit,
    measured,
    ...atMost(mostValue),
  });
  const passes = (of: (reads: readonly SyncRead[]) => number) => figureOf(run.passes.map(of));
  const share = (of: keyof Pick<SyncRead, 'tookMs' | 'lagMs'>, part: number) =>
    passes((reads) =>
      quantile(
        reads.map((read) => read[of]),
        part,
      ),
    );
  const reads = run.passes.flat();
  const queriesPerMinute = (kind?: SeenQuery['kind']) => ({
    value: ratePerMinute(run, (query) => kind === undefined || query.kind === kind),
  });
  const { readingCpuPercent, quietCpuPercent, residentMb } = run;
  return [
    line('failed reads', '', { value: [...run.warmUp, ...reads].filter(failed).length }, 0),
    line('the slowest first read', 'ms', { value: Math.max(...run.warmUp.map(({ tookMs }) => tookMs)) }),
    line('p50 of a read', 'ms', share('tookMs', 0.5)),
    line('p99 of a read', 'ms', share('tookMs', 0.99), targets.p99Ms),
    line('p99 of how late reads were sent', 'ms', share('lagMs', 0.99)),
    line('readings that miss over 1 %', '%', { value: missingPercent(run, linesPerSecond) }, 1),
    line('SLS queries, readings', '/min', queriesPerMinute('reading'), targets.readingQueriesPerMinute),
    line(
      'SLS queries, completeness',
      '/min',
      queriesPerMinute('completeness'),
      targets.completenessQueriesPerMinute,
    ),
    line('SLS queries, all', '/min', queriesPerMinute(), targets.queriesPerMinute),
    line('refresh alone, of a core', '%', figureOf(quietCpuPercent)),
    line('refresh and reads, of a core', '%', figureOf(readingCpuPercent), targets.cpuPercent),
    line('resident memory, at the end', 'MB', { value: residentMb.now }),
    line('resident memory, most', 'MB', { value: residentMb.peak }, targets.peakMb),
  ];
}

/** Each logstore has a rhythm of its own for either kind. */
function ratePerMinute({ queries, measuredMs }: FleetRun, counts: (query: SeenQuery) => boolean): number {
  const rhythms = Map.groupBy(queries.filter(counts), ({ logstore, kind }) => `${kind} ${logstore}`);
  const rates = [...rhythms.values()].map((own) =>
    perMinute(
      own.map(({ arrivedMs }) => arrivedMs),
      measuredMs,
    ),
  );
  const all = rates.reduce((sum, rate) => sum + rate, 0);
  // Timers are late by a millisecond or early by a fraction of one.
  return Math.round(all * 10) / 10;
}

/** The share of the readings that is more than 1 % below what the routes have. */
function missingPercent({ passes }: FleetRun, linesPerSecond: number): number {
  const values = passes.flat().flatMap(({ answer }) => ('failure' in answer ? [] : [answer.value]));
  return (values.filter((value) => value < 0.99 * linesPerSecond).length * 100) / values.length;
}

/** What failed, each kind once, for whoever has to find out why. */
export function failureTexts(run: FleetRun): string[] {
  const counts = new Map<string, number>();
  for (const { answer } of [...run.warmUp, ...run.passes.flat()]) {
    if (!('failure' in answer)) continue;
    const kind = answer.failure.replace(/\(request \w+\)/g, '');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].slice(0, 5).map(([failure, count]) => `${count} times: ${failure.slice(0, 300)}`);
}
