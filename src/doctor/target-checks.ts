import type { Config } from '../config/schema.ts';
import { AdapterError } from '../errors.ts';
import type { Autoscaler } from '../kube/autoscaler.ts';
import { createAccessJudge } from '../metric/access-rules.ts';
import { parseLabelSelector } from '../metric/label-selector.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { parseMetricRequest } from '../metric/metric-request.ts';
import { logstoreName } from '../sls/logstore-address.ts';
import { failed, ok, skipped } from './check.ts';
import { remedyOf, type Asked, type DoctorCheck } from './examination.ts';

import type { Read } from './target.ts';

/** Without a selector, one is taken from an HPA: their list is waited for, whatever comes out. */
export const target = ({ selector }: Pick<Asked, 'selector'>): DoctorCheck => ({
  id: 'target',
  what: 'What to look into: the selector given, else what an HPA names, else the defaults of the configuration',
  after: ['configuration'],
  behind: selector === undefined ? ['hpas'] : [],
  run: ({ asked, facts }) => {
    const { defaults } = facts.get('config');
    const hpas = asked.selector === undefined ? (facts.find('autoscalers') ?? []) : [];
    const [named, ...others] = mostNamed(hpas, defaults);
    if (named === undefined && asked.selector === undefined && !(defaults.project && defaults.logstore))
      return Promise.resolve(
        skipped(
          'nothing says which logstore to look into',
          'Name it.',
          'doctor --selector sls.project=k8s-log-CLUSTER_ID,sls.logstore=nginx-ingress,sls.ingress.route=NAMESPACE-SERVICE-PORT',
        ),
      );
    const read = named?.[0] ?? askedRead(asked, defaults);
    const { project, logstore, metric, internalEndpoint } = read.request;
    const endpoint = facts.get('sls').endpointOf({ project, internalEndpoint });
    const routes = [...new Set((named ?? [read]).flatMap(({ request }) => request.routes ?? []))];
    facts.learn({ target: { ...read, address: { endpoint, project, logstore }, routes } });
    const from = named?.[0]?.by === undefined ? '' : ` (named by HPA ${named[0].by}`;
    const more = others.length === 0 ? '' : `; ${others.length} more logstores are named, --selector chooses`;
    return Promise.resolve(
      ok(`${metric.name} of ${logstoreName(read.request)}${from === '' ? '' : `${from}${more})`}`),
    );
  },
});

/** Whether the namespace may read it, by the `access` section. */
export const access: DoctorCheck = {
  id: 'access',
  what: 'Whether the access section of the configuration lets the namespace read that',
  after: ['target'],
  run: ({ facts }) => {
    const { namespace, request, requirements } = facts.get('target');
    const stated = requirements.find(({ key }) => key === labelDefinitions.namespace.name);
    const judge = createAccessJudge(facts.get('config').access);
    const refusal = judge({ namespace, request, routeNamespace: stated?.values[0] });
    if (refusal !== undefined) return Promise.resolve(failed(refusal.what, remedyOf(refusal)));
    return Promise.resolve(ok(`namespace ${namespace} may read it`));
  },
};

function askedRead(
  { metric = 'sls_ingress_qps', selector = '', namespace }: Asked,
  defaults: Config['defaults'],
): Read {
  const requirements = parseLabelSelector(selector);
  return { request: parseMetricRequest(metric, namespace, requirements, defaults), requirements, namespace };
}

/** The reads of HPAs, by logstore, that of most reads first. Those that cannot be understood are another check's. */
function mostNamed(hpas: readonly Autoscaler[], defaults: Config['defaults']) {
  const reads = hpas.flatMap(({ namespace, name, metrics }) =>
    metrics.flatMap((ref) => {
      if ('refusal' in ref) return [];
      try {
        const request = parseMetricRequest(ref.name, namespace, ref.requirements, defaults);
        return [{ request, requirements: ref.requirements, namespace, by: `${namespace}/${name}` }];
      } catch (error) {
        if (error instanceof AdapterError) return [];
        throw error;
      }
    }),
  );
  const groups = [...Map.groupBy(reads, ({ request }) => logstoreName(request)).values()];
  return groups.sort((one, other) => other.length - one.length);
}
