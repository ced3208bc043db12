/** A logged route. `linesOf` tells how many lines it has in each second, so that readings can be checked. */
export interface SoakRoute {
  readonly index: number;
  readonly namespace: string;
  readonly service: string;
  /** The name in the log of nginx-ingress. */
  readonly name: string;
  readonly project: string;
  readonly logstore: string;
}

export const servicePort = '80';

/** Two logstores in each of two projects. */
export const soakLogstores = [0, 1, 2, 3].map((number) => ({
  project: `k8s-log-soak-${number % 2}`,
  logstore: `nginx-ingress-${number}`,
}));

/** Consecutive routes belong to different logstores and namespaces. */
export function soakRoutes(count: number): SoakRoute[] {
  return Array.from({ length: count }, (_, index) => {
    const { project = '', logstore = '' } = soakLogstores[index % soakLogstores.length] ?? {};
    const namespace = `team-${index % 7}`;
    const service = `service-${index}`;
    return { index, namespace, service, name: `${namespace}-${service}-${servicePort}`, project, logstore };
  });
}

/** Shorter than the shortest window, so that only a route without lines has a reading of 0. */
const periods = [3, 5, 7, 9, 11, 13] as const;

/** Returns the number of lines of a route in one second (Unix time). It differs between routes and between seconds. */
export function linesOf(index: number, second: number): number {
  if (index % 23 === 22) return 0;
  const period = periods[index % periods.length] ?? 1;
  return (second + index) % period === 0 ? 1 + (index % 2) : 0;
}
