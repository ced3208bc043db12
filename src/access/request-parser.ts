import { LRUCache } from 'lru-cache';
import type { AccessJudge, NamedRead } from './access-rules.ts';
import type { Catalog } from '../metric/catalog.ts';
import type { Requirement } from '../grammar/label-selector.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { parseMetricRequest, type MetricRequest, type RequestDefaults } from '../metric/metric-request.ts';

/**
 * A read as its namespace may make it: the one way by which reads and HPAs become requests, so that neither gets
 * what `access` refuses.
 *
 * @param namespace the one in the path of the read, or of the HPA
 * @throws AdapterError as `parseMetricRequest`, and `AccessDenied`
 */
export type RequestParser = (
  metricName: string,
  namespace: string,
  requirements: readonly Requirement[],
) => MetricRequest;

export function createRequestParser(
  catalog: Catalog,
  defaults: RequestDefaults,
  judge: AccessJudge,
): RequestParser {
  const names = new LRUCache<string, string>({ max: maxSharedNames, memoMethod: detached });
  return (metricName, namespace, requirements) => {
    const request = parseMetricRequest(metricName, namespace, requirements, defaults, catalog);
    const stated = requirements.find(({ key }) => key === labelDefinitions.namespace.name);
    const routeNamespace = stated?.values[0];
    const refusal = judge({ namespace, request: judgedRequest(request), routeNamespace });
    if (refusal !== undefined) throw refusal;
    const { project, logstore, routes } = request;
    return {
      ...request,
      project: names.memo(project),
      logstore: names.memo(logstore),
      routes: routes?.map(detached),
    };
  };
}

/** Projects and logstores: what thousands of requests have in common. */
const maxSharedNames = 1000;

/** A copy that does not hold on to the URL which it was cut from: requests are kept. */
const detached = (text: string): string => Buffer.from(text).toString();

/** What is judged of a request: a metric that no route decides reads the whole logstore, whatever its labels are. */
export const judgedRequest = ({
  metric,
  project,
  logstore,
  routes,
}: MetricRequest): NamedRead['request'] => ({
  project,
  logstore,
  routes: metric.own?.isOfRoutes === false ? undefined : routes,
});
