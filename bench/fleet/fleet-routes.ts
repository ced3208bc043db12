import { project, readPath, selectorOf } from '../../test/support/adapter.ts';
import { autoscaler, externalMetric } from '../../test/support/scripted-autoscalers.ts';

export interface FleetSize {
  readonly logstores: number;
  readonly routesPerLogstore: number;
  /** Reads of each are reviewed on their own. */
  readonly namespaces: number;
}

/** One route, and the HPA that reads it. */
export interface FleetRoute {
  readonly name: string;
  readonly namespace: string;
  readonly logstore: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the read. */
  readonly path: string;
  /** Whether its rate steps. */
  readonly stepping: boolean;
}

const metric = 'sls_ingress_qps';

/**
 * In the order in which they are read: neighbours belong to different logstores.
 *
 * @param stepping how many of the first logstore's routes step, evenly spread
 */
export function fleetRoutes(
  { logstores, routesPerLogstore, namespaces }: FleetSize,
  stepping: number,
): FleetRoute[] {
  const between = routesPerLogstore / stepping;
  return Array.from({ length: logstores * routesPerLogstore }, (_, index) => {
    const place = Math.floor(index / logstores);
    const namespace = `team-${place % namespaces}`;
    const name = `${namespace}-service-${place}-80`;
    const logstore = `nginx-ingress-${index % logstores}`;
    const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': name };
    return {
      name,
      namespace,
      logstore,
      labels,
      path: readPath(metric, selectorOf(labels), namespace),
      stepping: stepping > 0 && index % logstores === 0 && place % between === 0,
    };
  });
}

export const autoscalerOf = ({ namespace, name, logstore, labels }: FleetRoute) =>
  autoscaler(namespace, `${logstore}-${name}`, [externalMetric(metric, { matchLabels: labels })]);
