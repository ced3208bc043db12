/** A route that is logged, by a rule that whoever reads it can count by. */
export interface SoakRoute {
  readonly index: number;
  readonly namespace: string;
  readonly service: string;
  /** As nginx-ingress logs it. */
  readonly name: string;
  readonly project: string;
  readonly logstore: string;
}

export const servicePort = '80';

/** Two in each of two projects. */
export const soakLogstores = [0, 1, 2, 3].map((number) => ({
  project: `k8s-log-soak-${number % 2}`,
  logstore: `nginx-ingress-${number}`,
}));

/** Those that follow each other belong to different logstores and namespaces. */
export function soakRoutes(count: number): SoakRoute[] {
  return Array.from({ length: count }, (_, index) => {
    const { project = '', logstore = '' } = soakLogstores[index % soakLogstores.length] ?? {};
    const namespace = `team-${index % 7}`;
    const service = `service-${index}`;
    return { index, namespace, service, name: `${namespace}-${service}-${servicePort}`, project, logstore };
  });
}

/** Shorter than the least window, so that 0 is right for a silent route alone. */
const periods = [3, 5, 7, 9, 11, 13] as const;

/** How many lines the route has in a second (Unix time): a rate of its own that is another in each second. */
export function linesOf(index: number, second: number): number {
  if (index % 23 === 22) return 0;
  const period = periods[index % periods.length] ?? 1;
  return (second + index) % period === 0 ? 1 + (index % 2) : 0;
}
