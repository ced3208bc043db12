import { project, readPath, selectorOf } from '../../test/support/adapter.ts';
import { autoscaler, externalMetric } from '../../test/support/scripted-autoscalers.ts';

/** One route, and the HPA that reads it. */
export interface HpaRoute {
  readonly name: string;
  readonly namespace: string;
  readonly logstore: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the read. */
  readonly path: string;
}

export interface HpaRoutesSize {
  readonly logstores: number;
  readonly routesPerLogstore: number;
  /** Reads of each are reviewed on their own. */
  readonly namespaces: number;
}

const metric = 'sls_ingress_qps';

/** In the order in which they are read: neighbours belong to different logstores. */
export function hpaRoutes({ logstores, routesPerLogstore, namespaces }: HpaRoutesSize): HpaRoute[] {
  return Array.from({ length: logstores * routesPerLogstore }, (_, index) => {
    const place = Math.floor(index / logstores);
    const namespace = `team-${place % namespaces}`;
    const name = `${namespace}-service-${place}-80`;
    const logstore = `nginx-ingress-${index % logstores}`;
    const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': name };
    return { name, namespace, logstore, labels, path: readPath(metric, selectorOf(labels), namespace) };
  });
}

export const autoscalerOf = ({ namespace, name, logstore, labels }: HpaRoute) =>
  autoscaler(namespace, `${logstore}-${name}`, [externalMetric(metric, { matchLabels: labels })]);
