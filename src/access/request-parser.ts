import type { Requirement } from '../grammar/label-selector.ts';
import type { Catalog } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { parseMetricRequest, type MetricRequest, type RequestDefaults } from '../metric/metric-request.ts';
import type { AccessCheck, AccessRead } from './access-check.ts';

/**
 * Turns a read into a request. All reads and all HPAs go through here, so that none gets what the setting `access`
 * refuses.
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
  checkAccess: AccessCheck,
): RequestParser {
  return (metricName, namespace, requirements) => {
    const request = parseMetricRequest(metricName, namespace, requirements, defaults, catalog);
    const refusal = checkAccess(accessReadOf(namespace, requirements, request));
    if (refusal !== undefined) throw refusal;
    return request;
  };
}

/** A metric that does not read only the lines of its routes counts as the whole logstore, even if it has labels. */
export const accessReadOf = (
  namespace: string,
  requirements: readonly Requirement[],
  { metric, project, logstore, routes }: MetricRequest,
): AccessRead => ({
  namespace,
  project,
  logstore,
  routes: metric.own?.isOfRoutes === false ? undefined : routes,
  routeNamespace: requirements.find(({ key }) => key === labelDefinitions.namespace.name)?.values[0],
});
