import type { Line, Target } from '../line.ts';
import type { SeenQuery } from '../sls/messages.ts';
import { figureOf, perMinute, quantile, type Figure } from '../statistics.ts';
import type { FleetRun } from './fleet.ts';
import type { SyncRead } from '../support/sync-reads.ts';

export interface FleetTargets {
  readonly p99Ms?: number;
  /** The median, from the query of a reading to its read. */
  readonly ageSeconds?: number;
  readonly readingQueriesPerMinute?: number;
  readonly completenessQueriesPerMinute?: number;
  readonly queriesPerMinute?: number;
  /** Percentage of one core, for refreshes and reads together. */
  readonly cpuPercent?: number;
  readonly peakMb?: number;
}

const failed = ({ result }: SyncRead) => 'failure' in result;
const atMost = (value: number | undefined): { target?: Target } =>
  value === undefined ? {} : { target: { bound: 'at most', value } };

/** @param linesPerSecond log lines of each route */
export function fleetLines(
  row: string,
  run: FleetRun,
  linesPerSecond: number,
  targets: FleetTargets,
): Line[] {
  const line = (what: string, unit: Line['unit'], measured: Figure, bound?: number): Line => ({
    row,
    what,
    unit,
    measured,
    ...atMost(bound),
  });
  const passes = (of: (reads: readonly SyncRead[]) => number) => figureOf(run.passes.map(of));
  const latency = (of: keyof Pick<SyncRead, 'tookMs' | 'lagMs'>, share: number) =>
    passes((reads) =>
      quantile(
        reads.map((read) => read[of]),
        share,
      ),
    );
  const reads = run.passes.flat();
  const queriesPerMinute = (kind?: SeenQuery['kind']) => ({
    value: ratePerMinute(run, (query) => kind === undefined || query.kind === kind),
  });
  const { readingCpuPercent, idleCpuPercent, residentMb } = run;
  return [
    line('failed reads', '', { value: [...run.warmUp, ...reads].filter(failed).length }, 0),
    line('slowest first read', 'ms', { value: Math.max(...run.warmUp.map(({ tookMs }) => tookMs)) }),
    line('p50 of a read', 'ms', latency('tookMs', 0.5)),
    line('p99 of a read', 'ms', latency('tookMs', 0.99), targets.p99Ms),
    line('p99 of the delay in sending reads', 'ms', latency('lagMs', 0.99)),
    line('age of a reading at its read, from its query', 's', figureOf(agesSeconds(run)), targets.ageSeconds),
    line('readings that miss over 1 % of lines', '%', { value: missingPercent(run, linesPerSecond) }, 1),
    line('SLS queries for readings', '/min', queriesPerMinute('reading'), targets.readingQueriesPerMinute),
    line(
      'SLS queries for completeness',
      '/min',
      queriesPerMinute('completeness'),
      targets.completenessQueriesPerMinute,
    ),
    line('SLS queries in total', '/min', queriesPerMinute(), targets.queriesPerMinute),
    line('CPU without reads, of one core', '%', figureOf(idleCpuPercent)),
    line('CPU for refreshes and reads, of one core', '%', figureOf(readingCpuPercent), targets.cpuPercent),
    line('resident memory at the end', 'MB', { value: residentMb.now }),
    line('resident memory at its peak', 'MB', { value: residentMb.peak }, targets.peakMb),
  ];
}

/** Returns the sum of the rates of each logstore and kind of query, since each of them has its own interval. */
function ratePerMinute({ queries, measuredMs }: FleetRun, counts: (query: SeenQuery) => boolean): number {
  const groups = Map.groupBy(queries.filter(counts), ({ logstore, kind }) => `${kind} ${logstore}`);
  const rates = [...groups.values()].map((own) =>
    perMinute(
      own.map(({ arrivedMs }) => arrivedMs),
      measuredMs,
    ),
  );
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  // Rounded, since timers fire up to a millisecond late or a fraction of one early.
  return Math.round(total * 10) / 10;
}

/** Returns the time from the query of each reading to its read. With several logstores, the last query counts. */
function agesSeconds({ passes, queries }: FleetRun): number[] {
  const readings = queries.filter(({ kind }) => kind === 'reading');
  const arrivals = new Map(readings.map(({ windowEndSeconds, arrivedMs }) => [windowEndSeconds, arrivedMs]));
  return passes.flat().flatMap(({ sentMs, result }) => {
    const arrivedMs = 'failure' in result ? undefined : arrivals.get(result.windowEndSeconds);
    return arrivedMs === undefined ? [] : [(sentMs - arrivedMs) / 1000];
  });
}

/** Returns the percentage of readings more than 1 % below the route's known rate. */
function missingPercent({ passes }: FleetRun, linesPerSecond: number): number {
  const values = passes.flat().flatMap(({ result }) => ('failure' in result ? [] : [result.value]));
  return (values.filter((value) => value < 0.99 * linesPerSecond).length * 100) / values.length;
}

/** Returns up to five kinds of failure, each with its count and one example. */
export function failureSummaries(run: FleetRun): string[] {
  const counts = new Map<string, number>();
  for (const { result } of [...run.warmUp, ...run.passes.flat()]) {
    if (!('failure' in result)) continue;
    const kind = result.failure.replace(/\(request \w+\)/g, '');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].slice(0, 5).map(([failure, count]) => `${count} reads failed: ${failure.slice(0, 300)}`);
}
