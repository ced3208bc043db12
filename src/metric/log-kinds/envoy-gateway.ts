import type { IngressLog } from '../log-kind.ts';
import { envoyColumns, envoyHost, envoyUpstream, otherRoute, otherRouteOf } from './envoy-columns.ts';

/**
 * `httproute/{namespace}/{name}/rule/{index}/match/{index}/{host}`. The cluster is no name of the route: it is missing while
 * no pod is ready, and its form depends on the backends of the rule.
 */
const isRule = "regexp_like({backend}, '^(http|grpc)route/[^/]+/[^/]+/rule/[0-9]+(/|$)')";
const part = (index: number) => `split_part({backend}, '/', ${index})`;

/** Source: Envoy Gateway, "Proxy Access Logs", and irRouteName of its translator. */
export const envoyGateway: IngressLog = {
  kind: 'envoy-gateway',
  metricPrefix: 'sls_envoy_gateway_',
  measured: 'of a rule of an HTTPRoute of Envoy Gateway',
  columns: {
    backend: { name: 'route_name', type: 'text' },
    host: { name: ':authority', type: 'text' },
    upstreamTime: { name: 'x-envoy-upstream-service-time', type: 'long' },
    ...envoyColumns,
  },
  timeUnit: 'ms',
  isRouteText: false,
  sql: {
    route: `CASE WHEN ${isRule} THEN concat(${part(2)}, '-', ${part(3)}, '-', ${part(5)}) ${otherRoute}`,
    hostName: envoyHost,
    ...envoyUpstream,
  },
  routeOf: (backend) => {
    const parts = /^(?:http|grpc)route[/]([^/]+)[/]([^/]+)[/]rule[/](\d+)(?:[/]|$)/.exec(backend);
    return parts === null ? otherRouteOf(backend) : parts.slice(1).join('-');
  },
};
