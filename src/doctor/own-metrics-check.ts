import { type AdapterError, toAdapterError } from '../errors.ts';
import type { MetricDefinition, OwnTraits } from '../metric/catalog.ts';
import { isIngressLog, tellsRoutesApart } from '../metric/log-kind.ts';
import { seriesOf } from '../metric/series.ts';
import { planBatches } from '../reading/plan.ts';
import { failed, ok } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';

/** Queries each metric of the configuration over one second of its own logstore, one after the other. */
export const ownMetrics: DoctorCheck = {
  id: 'own-metrics',
  description: 'SLS accepts the SQL of every metric that the configuration defines',
  needs: ['endpoint'],
  deadlineMs: 60_000,
  run: async (examination, signal) => {
    const unplaced: string[] = [];
    const refused: { readonly metric: string; readonly error: AdapterError }[] = [];
    let count = 0;
    for (const metric of examination.facts.get('catalog').metrics) {
      if (metric.own === undefined) continue;
      count += 1;
      const outcome = await tryMetric(metric, metric.own, examination, signal);
      if (outcome === 'unplaced') unplaced.push(metric.name);
      else if (outcome !== 'accepted') refused.push({ metric: metric.name, error: outcome });
    }
    if (count === 0) return ok('the configuration defines no metrics');
    if (refused.length > 0)
      return failed(
        refused.map(({ metric, error }) => `${metric}: ${error.what}`).join('\n'),
        [...new Set(refused.map(({ error }) => error.remedy))].join(' '),
      );
    const hint = unplaced.length === 0 ? '' : `; without project or logstore: ${unplaced.join(', ')}`;
    return ok(`${count - unplaced.length} of ${count} accepted${hint}`);
  },
};

/** Covers a line or two, and costs almost nothing. */
const windowSeconds = 1;
const delaySeconds = 60;

/** Values for a route, and for labels without a default. The rows of the result do not matter. */
const anyText = 'x';
const anyNumber = '1';

/** Returns `unplaced` if neither the metric nor `defaults` name project and logstore, so that SLS is not queried. */
async function tryMetric(
  metric: MetricDefinition,
  own: OwnTraits,
  { dependencies, facts }: Examination,
  signal: AbortSignal,
): Promise<'accepted' | 'unplaced' | AdapterError> {
  const { defaults } = facts.get('config');
  const sls = facts.get('sls');
  const project = own.defaults.project ?? defaults.project;
  const logstore = own.defaults.logstore ?? defaults.logstore;
  if (project === undefined || logstore === undefined) return 'unplaced';
  const isGrouped = tellsRoutesApart(metric.logKind);
  const series = seriesOf({
    metric,
    project,
    logstore,
    routes: isGrouped || own.route === 'required' ? [anyText] : undefined,
    filters: { own: anyValues(metric, own) },
    intervalSeconds: windowSeconds,
    delaySeconds,
    internalEndpoint: undefined,
  });
  try {
    const batches = planBatches(series, {
      nowSeconds: dependencies.clock.now() / 1000,
      endpointOf: sls.endpointOf,
      delaySecondsOf: () => delaySeconds,
      maxNamedRoutes: 1,
    });
    for (const { query } of batches) await sls.aggregates.query(query, signal);
    return 'accepted';
  } catch (thrown) {
    return toAdapterError(thrown);
  }
}

/** Returns a value for each label: its default, else a number for a numeric column, else a text. */
function anyValues({ logKind }: MetricDefinition, { labels, groupLabel }: OwnTraits) {
  const numbers = isIngressLog(logKind) ? [] : logKind.numbers;
  const values = labels
    .filter(({ name }) => name !== groupLabel)
    .map(
      ({ name, default: value }) => [name, value ?? (numbers.includes(name) ? anyNumber : anyText)] as const,
    );
  return Object.fromEntries([...values, ['route', anyText]]);
}
