import { accessReadOf, createAccessCheck } from '../access/access-check.ts';
import type { Config } from '../config/schema.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import { quantityNumber } from '../grammar/quantity.ts';
import { routeLabelOf, type Catalog } from '../metric/catalog.ts';
import { parseMetricRequest } from '../metric/metric-request.ts';
import { filterTexts } from '../metric/series.ts';
import { createReading } from '../service/reading-stack.ts';
import { logstoreName } from '../metric/series.ts';
import { failed, ok, skipped } from './check.ts';
import {
  defaultMetric,
  type DoctorCheck,
  type DoctorInput,
  type Examination,
  type Read,
} from './examination.ts';
import { baseRequest, hpaReads, madeByAdapter } from './hpa-reads.ts';

/** Without a selector it takes a read of an HPA, so it runs after the list of HPAs, whatever its result. */
export const target = ({ selector }: Pick<DoctorInput, 'selector'>): DoctorCheck => ({
  id: 'target',
  description:
    'There is a metric and a logstore to check: from the selector, else from the HPAs, else from the configured defaults',
  needs: ['configuration'],
  runsAfter: selector === undefined ? ['hpas'] : [],
  run: (examination) => {
    const { input, facts } = examination;
    const { defaults } = facts.get('config');
    const catalog = facts.get('catalog');
    const fromHpas = selector === undefined ? mostNamed(examination) : undefined;
    if (selector === undefined && fromHpas === undefined && !(defaults.project && defaults.logstore))
      return input.hpaFile === undefined ? noLogstore : noValidRead;
    const read = fromHpas?.read ?? inputRead(input, defaults, catalog);
    const { project, logstore, metric, internalEndpoint } = read.request;
    const endpoint = facts.get('sls').endpointOf({ project, internalEndpoint });
    const routes = fromHpas?.routes ?? read.request.routes ?? [];
    facts.learn({ target: { ...read, address: { endpoint, project, logstore }, routes } });
    return ok(`${metric.name} of ${logstoreName(read.request)}${fromHpas?.source ?? ''}`);
  },
});

const noLogstore = skipped(
  'no selector, HPA or default names a logstore',
  'Name it:',
  '--selector sls.project=k8s-log-CLUSTER_ID,sls.logstore=nginx-ingress,sls.ingress.route=NAMESPACE-SERVICE-PORT',
);

const noValidRead = skipped(
  'no HPA of the file has a metric with a valid selector: see hpas, hpa-metrics and hpa-labels',
);

/** Returns the read that the flags describe. */
function inputRead(
  { metric = defaultMetric, selector = '', namespace }: DoctorInput,
  defaults: Config['defaults'],
  catalog: Catalog,
): Read {
  const requirements = parseLabelSelector(selector);
  return {
    request: parseMetricRequest(metric, namespace, requirements, defaults, catalog),
    requirements,
    namespace,
  };
}

/** Returns the first read of the logstore that most HPAs name, and the routes of all its reads. */
function mostNamed(
  examination: Examination,
): { readonly read: Read; readonly routes: readonly string[]; readonly source: string } | undefined {
  const { metric } = examination.input;
  const reads = hpaReads(examination).filter(
    ({ request }) => (metric ?? request.metric.name) === request.metric.name,
  );
  const byLogstore = [...Map.groupBy(reads, ({ request }) => logstoreName(request)).values()];
  const [most, ...others] = byLogstore.sort((one, other) => other.length - one.length);
  const [read] = most ?? [];
  if (most === undefined || read === undefined) return undefined;
  const routes = [...new Set(most.flatMap(({ request }) => request.routes ?? []))];
  const more =
    others.length === 0 ? '' : `; HPAs also name ${others.length} other logstores, choose with --selector`;
  return { read, routes, source: `, named by HPA ${read.hpa}${more}` };
}

export const access: DoctorCheck = {
  id: 'access',
  description: 'The access section of the configuration allows the namespace to read this',
  needs: ['target'],
  run: ({ facts }) => {
    const { namespace, request, requirements } = facts.get('target');
    const checkAccess = createAccessCheck(facts.get('config').access);
    const refusal = checkAccess(accessReadOf(namespace, requirements, request));
    if (refusal !== undefined) return failed(refusal.what, refusal.remedy);
    return ok(`namespace ${namespace} may read it`);
  },
};

const itemsShown = 3;

/** Reads through the same code as for an HPA. */
export const reading: DoctorCheck = {
  id: 'reading',
  description:
    'The metric has a reading, or the one that a forecast is of. The result has it, as an HPA gets it',
  needs: ['access', 'fields', 'freshness'],
  runsAfter: ['lag'],
  deadlineMs: 30_000,
  run: async ({ dependencies, facts }, signal) => {
    if (facts.find('linesComeTooLate') === true) return skipped('lines come too late for a reading: see lag');
    const read = facts.get('target');
    const isForecast = read.request.metric.isForecast === true;
    const request = isForecast ? baseRequest(read, { facts }) : read.request;
    using stack = createReading(facts.get('config'), dependencies, dependencies.observer);
    const { items } = await stack.reader.read(request, signal);
    const filters = Object.entries(filterTexts(request.filters));
    const filtered =
      filters.length === 0 ? 'the whole logstore' : filters.map((filter) => filter.join(' ')).join(', ');
    const values = items.map(({ labels, sample }) => {
      const { value, window } = sample;
      const name = labels[routeLabelOf(request.metric)] ?? filtered;
      const ageSeconds = Math.round(dependencies.clock.now() / 1000 - window.endSeconds);
      return `${name}: ${quantityNumber(value)} ${request.metric.unit}, up to ${ageSeconds} s ago`;
    });
    const more = values.length > itemsShown ? ` and ${values.length - itemsShown} more` : '';
    const ofForecast = isForecast ? `; this is ${request.metric.name}, ${madeByAdapter}` : '';
    return ok(`${values.slice(0, itemsShown).join('; ')}${more}${ofForecast}`);
  },
};
