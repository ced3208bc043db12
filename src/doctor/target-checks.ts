import { createAccessCheck } from '../access/access-check.ts';
import { accessReadOf } from '../access/request-parser.ts';
import type { Config } from '../config/schema.ts';
import { AdapterError } from '../errors.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import { formatQuantity } from '../grammar/quantity.ts';
import type { Autoscaler } from '../kube/autoscalers/autoscaler.ts';
import type { Catalog } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { parseMetricRequest } from '../metric/metric-request.ts';
import { createReading } from '../service/reading-stack.ts';
import { logstoreName } from '../sls/endpoint.ts';
import { failed, ok, skipped } from './check.ts';
import { type Asked, type DoctorCheck, type Read, remedyOf, usualMetric } from './examination.ts';

/** Without a selector, one is taken from an HPA: their list is waited for, whatever comes out. */
export const target = ({ selector }: Pick<Asked, 'selector'>): DoctorCheck => ({
  id: 'target',
  what: 'What to look into: the selector given, else what an HPA names, else the defaults of the configuration',
  after: ['configuration'],
  behind: selector === undefined ? ['hpas'] : [],
  run: ({ asked, facts }) => {
    const { defaults } = facts.get('config');
    const hpas = facts.find('autoscalers') ?? [];
    const chosen =
      asked.selector === undefined ? mostNamed(asked, hpas, defaults, facts.get('catalog')) : undefined;
    if (chosen === undefined && asked.selector === undefined && !(defaults.project && defaults.logstore))
      return nothingNamed;
    const read = chosen?.read ?? askedRead(asked, defaults, facts.get('catalog'));
    const { project, logstore, metric, internalEndpoint, routes: asRead = [] } = read.request;
    const endpoint = facts.get('sls').endpointOf({ project, internalEndpoint });
    const routes = chosen?.routes ?? asRead;
    facts.learn({ target: { ...read, address: { endpoint, project, logstore }, routes } });
    return ok(`${metric.name} of ${logstoreName(read.request)}${chosen?.from ?? ''}`);
  },
});

const nothingNamed = skipped(
  'nothing says which logstore to look into',
  'Name it:',
  '--selector sls.project=k8s-log-CLUSTER_ID,sls.logstore=nginx-ingress,sls.ingress.route=NAMESPACE-SERVICE-PORT',
);

/** Whether the namespace may read it, by the `access` section. */
export const access: DoctorCheck = {
  id: 'access',
  what: 'Whether the access section of the configuration lets the namespace read that',
  after: ['target'],
  run: ({ facts }) => {
    const { namespace, request, requirements } = facts.get('target');
    const checkAccess = createAccessCheck(facts.get('config').access);
    const refusal = checkAccess(accessReadOf(namespace, requirements, request));
    if (refusal !== undefined) return failed(refusal.what, remedyOf(refusal));
    return ok(`namespace ${namespace} may read it`);
  },
};

function askedRead(
  { metric = usualMetric, selector = '', namespace }: Asked,
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

/**
 * Of the logstore that most HPAs name: the first read, and the routes of all. Reads that cannot be understood are another
 * check's.
 */
function mostNamed(
  { metric }: Asked,
  hpas: readonly Autoscaler[],
  defaults: Config['defaults'],
  catalog: Catalog,
): { readonly read: Read; readonly routes: readonly string[]; readonly from: string } | undefined {
  const reads = hpas.flatMap(({ namespace, name, metrics }) =>
    metrics.flatMap((ref) => {
      if ('refusal' in ref || (metric ?? ref.name) !== ref.name) return [];
      const { requirements } = ref;
      try {
        const request = parseMetricRequest(ref.name, namespace, requirements, defaults, catalog);
        return [{ request, requirements, namespace, by: `${namespace}/${name}` }];
      } catch (error) {
        if (error instanceof AdapterError) return [];
        throw error;
      }
    }),
  );
  const byLogstore = [...Map.groupBy(reads, ({ request }) => logstoreName(request)).values()];
  const [most, ...others] = byLogstore.sort((one, other) => other.length - one.length);
  const [read] = most ?? [];
  if (most === undefined || read === undefined) return undefined;
  const routes = [...new Set(most.flatMap(({ request }) => request.routes ?? []))];
  const more = others.length === 0 ? '' : `; HPAs name ${others.length} other logstores, --selector chooses`;
  return { read, routes, from: `, as HPA ${read.by} has it${more}` };
}

const itemsShown = 3;

/** The whole way, as for an HPA. */
export const reading: DoctorCheck = {
  id: 'reading',
  what: 'The reading itself, as an HPA gets it',
  after: ['access', 'fields'],
  deadlineMs: 30_000,
  run: async ({ around, facts }, signal) => {
    const { request } = facts.get('target');
    const stack = createReading(facts.get('config'), around, around.observer);
    try {
      const { items } = await stack.reader.read(request, signal);
      const values = items.map(({ labels, sample }) => {
        const { value, window } = sample;
        const name = labels[labelDefinitions.route.name] ?? 'the whole logstore';
        const ageSeconds = Math.round(around.clock.now() / 1000 - window.endSeconds);
        return `${name}: ${formatQuantity(value)} ${request.metric.unit}, up to ${ageSeconds} s ago`;
      });
      const more = values.length > itemsShown ? ` and ${values.length - itemsShown} more` : '';
      return ok(`${values.slice(0, itemsShown).join('; ')}${more}`);
    } finally {
      stack.close();
    }
  },
};
