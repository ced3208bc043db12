import type { IngressLog } from '../log-kind.ts';
import { nginxColumns } from './nginx-ingress.ts';
import { upstreamLists } from './upstream-lists.ts';

/** Most columns have the names of nginx. Source: SLS, "Fields in ALB access logs". */
export const albIngress: IngressLog = {
  kind: 'alb-ingress',
  metricPrefix: 'sls_alb_ingress_',
  measured: 'of an ALB ingress route',
  columns: {
    backend: { name: 'slb_pool_name', type: 'text' },
    method: { name: 'request_method', type: 'text' },
    ...nginxColumns,
  },
  timeUnit: 's',
  isRouteText: true,
  sql: { route: '{backend}', hostName: '{host}', ...upstreamLists },
  routeOf: (backend) => backend,
};
