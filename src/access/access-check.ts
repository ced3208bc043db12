import { AdapterError } from '../errors.ts';
import type { Requirement } from '../grammar/label-selector.ts';
import type { Catalog } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { parseMetricRequest, type MetricRequest, type RequestDefaults } from '../metric/metric-request.ts';
import { asked, ownerOf, refusalByRules, type AccessRule, type RouteRead } from './access-rules.ts';

/** The setting `access`: which logs a namespace may read. Without the switch and without rules, all. */
export interface AccessPolicy {
  /** A namespace may read only its own routes, even if rules allow more. */
  readonly ownRoutesOnly: boolean;
  /** Namespaces that exist, to tell whose a route is. A namespace that is not listed counts as if it did not exist. */
  readonly knownNamespaces: readonly string[];
  /** If there are any, one of them must allow each route. */
  readonly rules: readonly AccessRule[];
}

/** A read, as far as access depends on it. */
export interface AccessRead {
  /** The namespace that reads: the one in the path of the read, or of the HPA. It has the form of one. */
  readonly namespace: string;
  readonly project: string;
  readonly logstore: string;
  /** Undefined: the whole logstore. */
  readonly routes: readonly string[] | undefined;
  /** The namespace in the selector (`sls.ingress.namespace`); undefined: it names none. */
  readonly routeNamespace: string | undefined;
}

/** Returns why a read is refused (`AccessDenied`); undefined: it is allowed. */
type AccessCheck = (read: AccessRead) => AdapterError | undefined;

export function createAccessCheck({ ownRoutesOnly, knownNamespaces, rules }: AccessPolicy): AccessCheck {
  if (!ownRoutesOnly && rules.length === 0) return () => undefined;
  return ({ namespace, project, logstore, routes = [undefined], routeNamespace }) => {
    const otherNamespaces = knownNamespaces.filter(
      (name) => name !== namespace && name.length >= namespace.length,
    );
    const isOther = routeNamespace !== undefined && routeNamespace !== namespace;
    const otherRouteNamespaces = isOther ? [routeNamespace, ...otherNamespaces] : otherNamespaces;
    for (const route of routes) {
      const read = { namespace, otherNamespaces, project, logstore, route, otherRouteNamespaces };
      const why = (ownRoutesOnly ? checkOwnRoute(read) : undefined) ?? refusalByRules(rules, read);
      if (why !== undefined) return new AdapterError('AccessDenied', `the adapter refuses this read: ${why}`);
    }
    return undefined;
  };
}

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

/** `{service}-{port}`, both DNS labels. */
const backendForm = /^[a-z0-9]+-[-a-z0-9]*[a-z0-9]$/;

/** The controller's own backends. They belong to no namespace, not even to one called `upstream` or `custom`. */
const controllerBackend = /^(upstream-default-backend$|custom-default-backend-)/;

/**
 * Checks that the route is `{namespace}-{service}-{port}` of the reader. Such a name cannot be split back, so it belongs
 * to the longest known namespace that it begins with. See docs/decisions/own-routes.md.
 */
function checkOwnRoute(read: RouteRead): string | undefined {
  const { namespace, route, otherRouteNamespaces } = read;
  const isRouteOf = (owner: string) =>
    route?.startsWith(`${owner}-`) === true && backendForm.test(route.slice(owner.length + 1));
  const isOwn = isRouteOf(namespace) && !controllerBackend.test(route ?? '');
  const belongsTo = isOwn ? otherRouteNamespaces.find(isRouteOf) : undefined;
  if (isOwn && belongsTo === undefined) return undefined;
  return `by access.ownRoutesOnly, namespace "${namespace}" may read routes ${namespace}-SERVICE-PORT, not ${asked.routes(read)}${ownerOf(belongsTo !== undefined && { belongsTo })}`;
}
