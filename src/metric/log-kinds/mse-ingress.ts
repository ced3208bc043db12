import type { IngressLog } from '../log-kind.ts';
import { envoyColumns, envoyHost, envoyUpstream, otherRoute, otherRouteOf } from './envoy-columns.ts';

/**
 * The cluster of a Kubernetes Service, in Istio's naming: `outbound|{port}|{subset}|{service}.{namespace}.svc.cluster.local`.
 * A subset is a part of the Service with pods of its own, such as a canary. Services of other registries have other domains.
 */
const isService = (subset: string) =>
  `regexp_like({backend}, '^outbound[|][0-9]+[|]${subset}[|][^.|]+[.][^.|]+[.]svc([.]|$)')`;
const part = (index: number) => `split_part({backend}, '|', ${index})`;
const domain = (index: number) => `split_part(${part(4)}, '.', ${index})`;
const route = `${domain(2)}, '-', ${domain(1)}, '-', ${part(2)}`;

/** Sources: MSE, "Log shipping fields"; Higress, "Log description"; Istio, BuildSubsetKey. */
export const mseIngress: IngressLog = {
  kind: 'mse-ingress',
  metricPrefix: 'sls_mse_ingress_',
  measured: 'of a route of MSE or Higress',
  columns: {
    backend: { name: 'upstream_cluster', type: 'text' },
    host: { name: 'authority', type: 'text' },
    upstreamTime: { name: 'upstream_service_time', type: 'long' },
    ...envoyColumns,
  },
  timeUnit: 'ms',
  isRouteText: false,
  sql: {
    route:
      `CASE WHEN ${isService('')} THEN concat(${route}) ` +
      `WHEN ${isService('[^|]+')} THEN concat(${route}, '-', ${part(3)}) ${otherRoute}`,
    hostName: envoyHost,
    ...envoyUpstream,
  },
  routeOf: (backend) => {
    const parts = /^outbound[|](\d+)[|]([^|]*)[|]([^.|]+)[.]([^.|]+)[.]svc([.]|$)/.exec(backend);
    if (parts === null) return otherRouteOf(backend);
    const [, port, subset, name, namespace] = parts;
    return [namespace, name, port, ...(subset === '' ? [] : [subset])].join('-');
  },
};
