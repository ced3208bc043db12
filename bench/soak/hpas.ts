import { readPath } from '../../test/support/adapter.ts';
import { autoscaler, externalMetric } from '../../test/support/scripted-autoscalers.ts';
import type { KubeObject } from '../../test/support/scripted-collection.ts';
import type { SoakMetric } from './log.ts';
import { servicePort, type SoakRoute } from './routes.ts';

/** A read by the HPA controller for an HPA, and what the response must be. */
export interface HpaRead {
  readonly metric: SoakMetric;
  readonly path: string;
  readonly logstore: string;
  /** The reading has one item for each, in this order. Undefined: one item for the whole logstore. */
  readonly routes: readonly SoakRoute[] | undefined;
  readonly intervalSeconds: number;
  /** Status of the expected failure. Undefined: a reading is expected. */
  readonly refusedWith: number | undefined;
}

export interface SoakHpa {
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
  readonly reads: readonly HpaRead[];
}

/** An entry of `spec.metrics` and its read. */
interface Metric {
  readonly entry: unknown;
  readonly read: HpaRead;
}

const usualMetric: SoakMetric = 'sls_ingress_qps';
const routeLabel = 'sls.ingress.route';
const defaultIntervalSeconds = 15;

/**
 * Returns HPA number `index`. The kinds occur as in a cluster: a route by its name or by its service and port, several
 * routes, other metrics, other query labels, two metrics of one route, a metric that is never read, and metrics that are
 * refused.
 *
 * @param changed whether its spec was changed since it was added
 */
export function temporaryHpa(routes: readonly SoakRoute[], index: number, changed: boolean): SoakHpa {
  const route = routeAt(routes, index);
  const id = { namespace: route.namespace, name: route.service };
  const hpa = (...metrics: readonly Metric[]) => hpaOf(id, metrics, metrics);
  if (changed) return hpa(routeMetric(route, { 'sls.query.interval': '20' }));
  switch (index % 20) {
    case 6:
      return hpa(routeMetric(route, {}, 'sls_ingress_inflow'));
    case 7:
      return hpa(routeMetric(route, {}, 'sls_ingress_concurrency'));
    case 8:
      return hpa(routeMetric(route, {}, 'sls_ingress_latency_p95'));
    case 10:
      return hpa(routesMetric([route, routeAt(routes, index - 4)]));
    case 11:
      return hpa(partsMetric(route));
    case 12:
      return hpa(routeMetric(route, { 'sls.query.interval': '30' }));
    case 13:
      return hpa(routeMetric(route, { 'sls.query.delay': '4' }));
    case 14:
      return hpaOf(id, [routeMetric(route)], []);
    case 15:
      return hpa(refused(routeMetric(route, { 'sls.query.interval': '0' }), 400));
    case 16:
      return hpaOf(id, [invalidMetric(route)], []);
    case 17:
      return hpa(routeMetric(route), routeMetric(route, { 'sls.query.interval': '30' }));
    case 18:
      // Another HPA of the same namespace reads this route too.
      return hpa(routeMetric(routeAt(routes, index - 28)));
    default:
      return hpa(routeMetric(route));
  }
}

/** The first HPA of each logstore reads the logstore as a whole. */
export function permanentHpa(routes: readonly SoakRoute[], index: number): SoakHpa {
  const route = routeAt(routes, index);
  const id = { namespace: route.namespace, name: route.service };
  const metric = index < 4 ? logstoreMetric(route) : routeMetric(route);
  return hpaOf(id, [metric], [metric]);
}

function hpaOf(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  inSpec: readonly Metric[],
  read: readonly Metric[],
): SoakHpa {
  const entries = inSpec.map(({ entry }) => entry);
  return {
    namespace,
    name,
    object: autoscaler(namespace, name, entries),
    reads: read.map((metric) => metric.read),
  };
}

function routeMetric(
  route: SoakRoute,
  more: Readonly<Record<string, string>> = {},
  metric = usualMetric,
): Metric {
  return labelMetric(metric, route, { [routeLabel]: route.name, ...more }, [route]);
}

const logstoreMetric = (route: SoakRoute) => labelMetric(usualMetric, route, {}, undefined);

/** The route by service and port. Its namespace is the HPA's. */
const partsMetric = (route: SoakRoute) =>
  labelMetric(usualMetric, route, { 'sls.ingress.service': route.service, 'sls.ingress.port': servicePort }, [
    route,
  ]);

function labelMetric(
  metric: SoakMetric,
  { project, logstore, namespace }: SoakRoute,
  more: Readonly<Record<string, string>>,
  routes: readonly SoakRoute[] | undefined,
): Metric {
  const matchLabels = { 'sls.project': project, 'sls.logstore': logstore, ...more };
  const selector = Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`);
  return {
    entry: externalMetric(metric, { matchLabels }),
    read: {
      metric,
      path: readPath(metric, selector.sort().join(), namespace),
      logstore,
      routes,
      intervalSeconds: Number(more['sls.query.interval'] ?? defaultIntervalSeconds),
      refusedWith: undefined,
    },
  };
}

function routesMetric(routes: readonly [SoakRoute, ...SoakRoute[]]): Metric {
  const [{ project, logstore, namespace }] = routes;
  const names = routes.map(({ name }) => name).sort();
  const matchLabels = { 'sls.project': project, 'sls.logstore': logstore };
  const matchExpressions = [{ key: routeLabel, operator: 'In', values: names }];
  const selector = `${routeLabel} in (${names.join()}),sls.logstore=${logstore},sls.project=${project}`;
  return {
    entry: externalMetric(usualMetric, { matchLabels, matchExpressions }),
    read: {
      metric: usualMetric,
      path: readPath(usualMetric, selector, namespace),
      logstore,
      routes: routes.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
      intervalSeconds: defaultIntervalSeconds,
      refusedWith: undefined,
    },
  };
}

/** A selector that Kubernetes itself refuses, so the HPA controller never reads it. */
function invalidMetric(route: SoakRoute): Metric {
  const matchExpressions = [{ key: routeLabel, operator: 'Near', values: [route.name] }];
  return { ...routeMetric(route), entry: externalMetric(usualMetric, { matchExpressions }) };
}

const refused = ({ entry, read }: Metric, refusedWith: number): Metric => ({
  entry,
  read: { ...read, refusedWith },
});

function routeAt(routes: readonly SoakRoute[], index: number): SoakRoute {
  const route = routes[index];
  if (route === undefined) throw new RangeError(`there is no route ${index}`);
  return route;
}
