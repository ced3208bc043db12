import type { IngressLog, IngressLogKind } from './log-kind.ts';
import { albIngress } from './log-kinds/alb-ingress.ts';
import { envoyGateway } from './log-kinds/envoy-gateway.ts';
import { mseIngress } from './log-kinds/mse-ingress.ts';
import { nginxIngress } from './log-kinds/nginx-ingress.ts';

/** The kinds of ingress logs: one entry each. */
export const ingressLogs: Readonly<Record<IngressLogKind, IngressLog>> = {
  'nginx-ingress': nginxIngress,
  'alb-ingress': albIngress,
  'mse-ingress': mseIngress,
  'envoy-gateway': envoyGateway,
};
