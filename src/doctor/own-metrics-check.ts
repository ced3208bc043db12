import type { Config } from '../config/schema.ts';
import { AdapterError, toAdapterError } from '../errors.ts';
import type { MetricDefinition, OwnTraits } from '../metric/catalog.ts';
import { routeColumnsOf } from '../metric/log-kind.ts';
import { seriesOf } from '../metric/series.ts';
import { planBatches } from '../reading/plan.ts';
import { catalogOf } from '../service/catalog.ts';
import type { SlsStack } from '../service/sls-stack.ts';
import { failed, ok } from './check.ts';
import { type DoctorCheck, remedyOf } from './examination.ts';

/** Each over one second of its own logstore, whatever the target is. */
export const ownMetrics: DoctorCheck = {
  id: 'own-metrics',
  what: 'Whether SLS takes the SQL of every metric of the configuration',
  after: ['endpoint'],
  deadlineMs: 60_000,
  run: async ({ around, facts }, signal) => {
    const checks = await checkOwnMetrics(facts.get('config'), facts.get('sls'), around.clock, signal);
    if (checks.length === 0) return ok('the configuration has none');
    const refused = checks.flatMap(({ metric, outcome }) =>
      outcome instanceof AdapterError ? [{ metric, error: outcome }] : [],
    );
    if (refused.length > 0)
      return failed(
        refused.map(({ metric, error }) => `${metric}: ${error.what}`).join('\n'),
        [...new Set(refused.map(({ error }) => remedyOf(error)))].join(' '),
      );
    const unplaced = checks.filter(({ outcome }) => outcome === 'unplaced').map(({ metric }) => metric);
    const taken = `${checks.length - unplaced.length} of ${checks.length} taken`;
    const hint = unplaced.length === 0 ? '' : `; without a project or logstore: ${unplaced.join(', ')}`;
    return ok(`${taken}${hint}`);
  },
};

/** What SLS says of one metric of the configuration. */
export interface OwnMetricCheck {
  readonly metric: string;
  /** `unplaced`: neither it nor `defaults` name project and logstore, so that SLS was not asked. */
  readonly outcome: 'taken' | 'unplaced' | AdapterError;
}

/** Long enough for a line or two, and too short to cost anything. */
const windowSeconds = 1;
const delaySeconds = 60;

/** Stands for a route, and for a label without a default: what it finds does not matter. */
const anyText = 'x';
const anyNumber = '1';

/**
 * Asks SLS for each metric of the configuration over one second, one after the other: whether it takes the SQL, and has
 * the columns. Never rejects.
 */
export async function checkOwnMetrics(
  config: Config,
  sls: Pick<SlsStack, 'aggregates' | 'endpointOf'>,
  clock: { now(): number },
  signal: AbortSignal,
): Promise<OwnMetricCheck[]> {
  const checks: OwnMetricCheck[] = [];
  for (const metric of catalogOf(config).metrics) {
    if (metric.own === undefined) continue;
    checks.push({
      metric: metric.name,
      outcome: await outcomeOf(metric, metric.own, config, sls, clock, signal),
    });
  }
  return checks;
}

async function outcomeOf(
  metric: MetricDefinition,
  own: OwnTraits,
  { defaults }: Config,
  sls: Pick<SlsStack, 'aggregates' | 'endpointOf'>,
  clock: { now(): number },
  signal: AbortSignal,
): Promise<OwnMetricCheck['outcome']> {
  const project = own.defaults.project ?? defaults.project;
  const logstore = own.defaults.logstore ?? defaults.logstore;
  if (project === undefined || logstore === undefined) return 'unplaced';
  const isGrouped = routeColumnsOf(metric.logKind) !== undefined;
  const series = seriesOf({
    metric,
    project,
    logstore,
    routes: isGrouped || own.route === 'required' ? [anyText] : undefined,
    filters: { own: anyValues(metric, own) },
    intervalSeconds: windowSeconds,
    delaySeconds,
    maxRetries: 0,
    internalEndpoint: undefined,
  });
  try {
    const batches = planBatches(series, {
      nowSeconds: clock.now() / 1000,
      endpointOf: sls.endpointOf,
      delaySecondsOf: () => delaySeconds,
      maxNamedRoutes: 1,
    });
    for (const { query } of batches) await sls.aggregates.query(query, signal);
    return 'taken';
  } catch (thrown) {
    return toAdapterError(thrown);
  }
}

/** Numbers of a default, else any. */
function anyValues({ logKind }: MetricDefinition, { labels, groupLabel }: OwnTraits) {
  const numbers = typeof logKind === 'string' ? [] : logKind.numbers;
  const values = labels
    .filter(({ name }) => name !== groupLabel)
    .map(
      ({ name, default: value }) => [name, value ?? (numbers.includes(name) ? anyNumber : anyText)] as const,
    );
  return Object.fromEntries([...values, ['route', anyText]]);
}
