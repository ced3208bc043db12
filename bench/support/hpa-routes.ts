import { project, readPath, selectorOf } from '../../test/support/adapter.ts';

/** A route and the HPA that reads it. */
export interface HpaRoute {
  readonly name: string;
  readonly namespace: string;
  readonly logstore: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Path of the HPA's read. */
  readonly path: string;
}

export interface HpaRoutesSize {
  readonly logstores: number;
  readonly routesPerLogstore: number;
  /** The routes are spread over these. The adapter reviews access per namespace. */
  readonly namespaces: number;
}

const metric = 'sls_ingress_qps';

/** Returns the path of the read of the route with an adaptive window. */
export const adaptivePath = ({ labels, namespace }: HpaRoute): string =>
  readPath(metric, selectorOf({ ...labels, 'sls.query.window': 'adaptive' }), namespace);

/** In the order of the reads: consecutive routes belong to different logstores. */
export function hpaRoutes({ logstores, routesPerLogstore, namespaces }: HpaRoutesSize): HpaRoute[] {
  return Array.from({ length: logstores * routesPerLogstore }, (_, index) => {
    const number = Math.floor(index / logstores);
    const namespace = `team-${number % namespaces}`;
    const name = `${namespace}-service-${number}-80`;
    const logstore = `nginx-ingress-${index % logstores}`;
    const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': name };
    return { name, namespace, logstore, labels, path: readPath(metric, selectorOf(labels), namespace) };
  });
}
