import type { IngressLog, IngressLogKind } from './log-kind.ts';
import { albIngress } from './log-kinds/alb-ingress.ts';
import { nginxIngress } from './log-kinds/nginx-ingress.ts';

/** The kinds of ingress logs: one entry each. */
export const ingressLogs: Readonly<Record<IngressLogKind, IngressLog>> = {
  'nginx-ingress': nginxIngress,
  'alb-ingress': albIngress,
};
