import { type AdapterError, toAdapterError } from '../errors.ts';
import type { MetricDefinition, OwnTraits } from '../metric/catalog.ts';
import { isIngressLog, tellsRoutesApart } from '../metric/log-kind.ts';
import { seriesOf } from '../metric/series.ts';
import { planBatches } from '../reading/plan.ts';
import type { LogstoreAddress } from '../sls/endpoint.ts';
import { unindexedField } from '../sls/sls-error.ts';
import { failed, ok, skipped } from './check.ts';
import { nearest } from './edit-distance.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { hpaReads } from './hpa-reads.ts';
import { queryLogstore } from './logstore-query.ts';

/** Queries each metric of the configuration over one second of its own logstore, one after the other. */
export const ownMetrics: DoctorCheck = {
  id: 'own-metrics',
  description: 'SLS accepts the SQL of every metric that the configuration defines',
  needs: ['endpoint'],
  deadlineMs: 60_000,
  run: async (examination, signal) => {
    const outcomes: (Outcome & { readonly metric: string })[] = [];
    for (const metric of examination.facts.get('catalog').metrics)
      if (metric.own !== undefined)
        outcomes.push({ metric: metric.name, ...(await tryMetric(metric, metric.own, examination, signal)) });
    if (outcomes.length === 0) return ok('the configuration defines no metrics');
    const refused = outcomes.filter(({ error }) => error !== undefined);
    if (refused.length > 0) {
      const lines = refused.map(
        ({ metric, error, meant }) =>
          `${metric}: ${error?.what} (${error?.code})${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      );
      const remedies = refused.map(({ error, meant }) => (meant === undefined ? error?.remedy : misspelt));
      return failed(lines.join('\n'), [...new Set(remedies)].join(' '));
    }
    const unplaced = outcomes.filter(({ isUnplaced }) => isUnplaced).map(({ metric }) => metric);
    if (unplaced.length === outcomes.length)
      return skipped(
        `no logstore to check them in: ${unplaced.join(', ')}`,
        'To check them, name project and logstore in the entry of the metric, in the defaults, or with --metric and --selector.',
      );
    const hint = unplaced.length === 0 ? '' : `; no logstore to check in: ${unplaced.join(', ')}`;
    return ok(`${outcomes.length - unplaced.length} of ${outcomes.length} accepted${hint}`);
  },
};

interface Outcome {
  /** There is no logstore to try it in. */
  readonly isUnplaced?: boolean;
  /** Why SLS refuses it. */
  readonly error?: AdapterError;
  /** The field that was most likely meant. */
  readonly meant?: string | undefined;
}

const misspelt = 'Correct the name of the field in the metric.';

/** Covers a line or two, and costs almost nothing. */
const windowSeconds = 1;
const delaySeconds = 60;

/** Values for a route, and for labels without a default. The rows of the result do not matter. */
const anyText = 'x';
const anyNumber = '1';

/** Without a project, it tries that of the reads of the metric, else that of the target. */
async function tryMetric(
  metric: MetricDefinition,
  own: OwnTraits,
  examination: Examination,
  signal: AbortSignal,
): Promise<Outcome> {
  const { dependencies, facts } = examination;
  const { defaults } = facts.get('config');
  const sls = facts.get('sls');
  const target = facts.get('target');
  const named = [target, ...hpaReads(examination)].find(({ request }) => request.metric === metric)?.request;
  const known = own.defaults.project ?? defaults.project ?? named?.project;
  const isGuess = known === undefined;
  const project = known ?? target.address.project;
  const logstore = own.defaults.logstore ?? defaults.logstore ?? named?.logstore;
  if (logstore === undefined) return { isUnplaced: true };
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
    return {};
  } catch (thrown) {
    const error = toAdapterError(thrown);
    if (isGuess && error.code === 'LogstoreNotFound') return { isUnplaced: true };
    const endpoint = sls.endpointOf({ project, internalEndpoint: undefined });
    const meant = await meantField(error, { endpoint, project, logstore }, examination, signal);
    return { error, meant };
  }
}

/** Returns the field of the log that was most likely meant; undefined: none is alike, or the log has the field itself. */
async function meantField(
  error: AdapterError,
  address: LogstoreAddress,
  examination: Examination,
  signal: AbortSignal,
): Promise<string | undefined> {
  const field = unindexedField(error);
  if (field === undefined) return undefined;
  const names = await queryLogstore(examination, '*', signal, [3600], address).then(
    ({ rows }) => [...new Set(rows.flatMap((row) => Object.keys(row)))],
    (): string[] => [],
  );
  return names.includes(field) ? undefined : nearest(field, names, 1)[0];
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
