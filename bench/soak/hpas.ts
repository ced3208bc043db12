import { readPath } from '../../test/support/adapter.ts';
import { autoscaler, externalMetric } from '../../test/support/scripted-autoscalers.ts';
import type { KubeObject } from '../../test/support/scripted-collection.ts';
import type { SoakMetric } from './metrics.ts';
import { servicePort, type SoakRoute } from './routes.ts';

/** What the HPA controller asks for an HPA, and what must come. */
export interface HpaRead {
  readonly metric: SoakMetric;
  readonly path: string;
  readonly logstore: string;
  /** One item each, in order; undefined: the whole logstore. */
  readonly routes: readonly SoakRoute[] | undefined;
  readonly intervalSeconds: number;
  /** Undefined: a reading. */
  readonly refusedWith: number | undefined;
}

export interface SoakHpa {
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
  readonly reads: readonly HpaRead[];
}

/** An entry of `spec.metrics`, and the read of it. */
interface Metric {
  readonly entry: unknown;
  readonly read: HpaRead;
}

const usualMetric: SoakMetric = 'sls_ingress_qps';
const routeLabel = 'sls.ingress.route';
const defaultIntervalSeconds = 15;

/**
 * HPA number `index`, as there are in a cluster: of a route as a whole or in parts, of several, with labels of its own,
 * two for one route, one that nobody reads, and those that are refused.
 *
 * @param changed whether its spec was changed since it came
 */
export function comingHpa(routes: readonly SoakRoute[], index: number, changed: boolean): SoakHpa {
  const route = routeAt(routes, index);
  const place = { namespace: route.namespace, name: route.service };
  const hpa = (...metrics: readonly Metric[]) => hpaOf(place, metrics, metrics);
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
      return hpaOf(place, [routeMetric(route)], []);
    case 15:
      return hpa(refused(routeMetric(route, { 'sls.query.interval': '0' }), 400));
    case 16:
      return hpaOf(place, [unreadableMetric(route)], []);
    case 17:
      return hpa(routeMetric(route), routeMetric(route, { 'sls.query.interval': '30' }));
    case 18:
      // Another HPA of the same namespace names it too.
      return hpa(routeMetric(routeAt(routes, index - 28)));
    default:
      return hpa(routeMetric(route));
  }
}

/** The first of each logstore are of all that it holds. */
export function stayingHpa(routes: readonly SoakRoute[], index: number): SoakHpa {
  const route = routeAt(routes, index);
  const place = { namespace: route.namespace, name: route.service };
  const metric = index < 4 ? logstoreMetric(route) : routeMetric(route);
  return hpaOf(place, [metric], [metric]);
}

function hpaOf(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  named: readonly Metric[],
  read: readonly Metric[],
): SoakHpa {
  const entries = named.map(({ entry }) => entry);
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

/** The namespace is that of the HPA. */
const partsMetric = (route: SoakRoute) =>
  labelMetric(usualMetric, route, { 'sls.ingress.service': route.service, 'sls.ingress.port': servicePort }, [
    route,
  ]);

function labelMetric(
  metric: SoakMetric,
  { project, logstore, namespace }: SoakRoute,
  own: Readonly<Record<string, string>>,
  routes: readonly SoakRoute[] | undefined,
): Metric {
  const matchLabels = { 'sls.project': project, 'sls.logstore': logstore, ...own };
  const selector = Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`);
  return {
    entry: externalMetric(metric, { matchLabels }),
    read: {
      metric,
      path: readPath(metric, selector.sort().join(), namespace),
      logstore,
      routes,
      intervalSeconds: Number(own['sls.query.interval'] ?? defaultIntervalSeconds),
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

/** Kubernetes itself refuses the selector, so nobody asks. */
function unreadableMetric(route: SoakRoute): Metric {
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
