import type { ErrorCode } from '../../errors.ts';
import type { Telemetry } from '../logger.ts';
import { FoldedNames, foldedName } from './folded-names.ts';
import type { MetricRegistry } from './metric-registry.ts';

/** More than are served; those that are not share a name. */
const mostMetricNames = 200;

/** A read that fails with one of these may have named anything. */
const beforeTheName: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode | undefined>([
  'MetricUnknown',
  'SelectorMalformed',
  'ParameterInvalid',
  'MethodUnsupported',
]);

const readSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const ageSeconds = [2, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600];

/** Counts what is asked of us. */
export function createReadMetrics(
  registry: MetricRegistry,
): Pick<Telemetry, 'readFinished' | 'requestRefused'> {
  const names = new FoldedNames(mostMetricNames);
  /** By metric, since the last scrape: nearly all reads are such, and to find their counter costs more than they do. */
  const fresh = new Map<string, number>();
  const reads = registry.counter(
    'reads_total',
    'Reads of external metrics, by the code of the error (ok: none) and where the reading came from: fresh from the store, cold from SLS, stale from the store for want of SLS, or none.',
    ['metric', 'code', 'source'],
    (counter) => {
      for (const [metric, count] of fresh) counter.inc({ metric, code: 'ok', source: 'fresh' }, count);
      fresh.clear();
    },
  );
  const durations = registry.talliedHistogram(
    'read_duration_seconds',
    'Time that a read of an external metric took, from its parsing to its answer.',
    ['source'],
    readSeconds,
  );
  const ages = registry.talliedHistogram(
    'reading_age_seconds',
    'Age of each reading served: from the end of its oldest window to its answer.',
    [],
    ageSeconds,
  );
  const tallyOf = (source: string) => durations.tally({ source });
  const tallies = {
    fresh: tallyOf('fresh'),
    cold: tallyOf('cold'),
    stale: tallyOf('stale'),
    none: tallyOf('none'),
  };
  const age = ages.tally({});
  const refusals = registry.counter(
    'requests_refused_total',
    'Requests refused before they were a read or beside one, by the code of the error.',
    ['code'],
  );
  return {
    readFinished: ({ read, error, source = 'none' as const, ageMs, durationMs }) => {
      const name = beforeTheName.has(error?.code) ? foldedName : names.of(read.metric);
      if (source === 'fresh') fresh.set(name, (fresh.get(name) ?? 0) + 1);
      else reads.inc({ metric: name, code: error?.code ?? 'ok', source });
      tallies[source].observe(durationMs / 1000);
      if (ageMs !== undefined) age.observe(ageMs / 1000);
    },
    requestRefused: ({ error }) => refusals.inc({ code: error.code }),
  };
}
