import type { Telemetry } from '../logger.ts';
import type { FoldedNames } from './folded-names.ts';
import type { MetricRegistry } from './metric-registry.ts';

const querySeconds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const batchSizes = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** Counts what is asked of SLS. */
export function createSlsMetrics(
  registry: MetricRegistry,
  projects: FoldedNames,
): Pick<Telemetry, 'slsQueryFinished' | 'batchSent' | 'circuitOpened'> {
  const queries = registry.counter(
    'sls_queries_total',
    'Queries sent to SLS, retries and probes of the delay included, by outcome (ok, failed, canceled) and the code of the error (ok: none).',
    ['project', 'outcome', 'code'],
  );
  const durations = registry.histogram(
    'sls_query_duration_seconds',
    'Time that a query to SLS took.',
    ['project'],
    querySeconds,
  );
  const rows = registry.counter(
    'sls_processed_rows_total',
    'Log lines that SLS read for our queries, as it reports them.',
    ['project'],
  );
  const bytes = registry.counter(
    'sls_processed_bytes_total',
    'Bytes that SLS read for our queries, as it reports them.',
    ['project'],
  );
  const batches = registry.histogram(
    'sls_batch_series',
    'How many series one query to SLS answers; retries are no part.',
    [],
    batchSizes,
  );
  const openings = registry.counter(
    'sls_circuit_openings_total',
    'How often the circuit of a project opened, once an outage.',
    ['project'],
  );
  return {
    slsQueryFinished: ({ project: name, outcome: code, durationMs, processedRows, processedBytes }) => {
      const project = projects.of(name);
      queries.inc({ project, outcome: outcomeOf(code), code });
      durations.observe({ project }, durationMs / 1000);
      rows.inc({ project }, processedRows ?? 0);
      bytes.inc({ project }, processedBytes ?? 0);
    },
    batchSent: ({ series }) => batches.observe(series),
    circuitOpened: ({ project }) => openings.inc({ project: projects.of(project) }),
  };
}

const outcomeOf = (code: string) => (code === 'ok' ? 'ok' : code === 'Canceled' ? 'canceled' : 'failed');
