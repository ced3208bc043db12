import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../../src/cli/io.ts';
import type { Service } from '../../src/service.ts';
import type { Emulator } from '../emulator.ts';
import { AdapterClient, requestsIn } from './adapter-client.ts';
import { createView, type RouteLine } from './view.ts';

export const project = 'k8s-log-demo';
export const logstore = 'nginx-ingress';

const terminalRefreshMs = 1000;
const pipeRefreshMs = 5000;

/** The guide's HPA: `averageValue: 10`, 1 to 10 replicas. */
export const guideHpa = { averageValue: 10, minReplicas: 1, maxReplicas: 10 } as const;

/** Within 10 % of the target the HPA changes nothing. Source: kube-controller-manager, --horizontal-pod-autoscaler-tolerance. */
const tolerance = 0.1;

/**
 * Returns the replicas that an HPA with an AverageValue target on an External metric wants: ceil(sum / target),
 * within its bounds. It has no stabilisation window, so that the demo shows the effect of the metric alone.
 *
 * @param sum the value of the metric over all replicas
 */
export function desiredReplicas(sum: number, currentReplicas: number, hpa = guideHpa): number {
  const usageRatio = sum / (hpa.averageValue * currentReplicas);
  if (Math.abs(usageRatio - 1) <= tolerance) return currentReplicas;
  return Math.min(hpa.maxReplicas, Math.max(hpa.minReplicas, Math.ceil(sum / hpa.averageValue)));
}

/** Returns the path of a route in the external metrics API. */
export const readPath = (route: string) =>
  `/apis/external.metrics.k8s.io/v1beta1/namespaces/default/sls_ingress_qps?labelSelector=` +
  `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=${route}`;

/** Reads all routes again and again, as an HPA does, and shows the answers until the signal. */
export async function watchRoutes(
  service: Service,
  emulator: Emulator,
  routes: readonly string[],
  signal: AbortSignal,
  io: Io,
): Promise<void> {
  const client = await AdapterClient.connect(service.url, service.certificateFile);
  const view = createView(io.stdout);
  const refreshMs = io.stdout.isTTY ? terminalRefreshMs : pipeRefreshMs;
  let replicas: number = guideHpa.minReplicas;
  try {
    while (!signal.aborted) {
      const lines = await Promise.all(routes.map((route) => readRoute(client, route, io.clock)));
      const [guide] = lines;
      if (guide?.qps !== undefined) replicas = desiredReplicas(guide.qps, replicas);
      const shown = lines.map((line, index) => (index === 0 ? { ...line, replicas } : line));
      view.show({ routes: shown, slsQueries: emulator.stats().queries });
      await sleep(refreshMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    view.end();
    client.close();
  }
}

async function readRoute(client: AdapterClient, route: string, clock: Io['clock']): Promise<RouteLine> {
  const unknown = { route, qps: undefined, requests: undefined, ageSeconds: undefined, replicas: undefined };
  try {
    const item = await client.read(readPath(route));
    return {
      ...unknown,
      qps: item.value,
      requests: requestsIn(item),
      ageSeconds: clock.now() / 1000 - item.windowEndSeconds,
      error: undefined,
    };
  } catch (error) {
    return { ...unknown, error: error instanceof Error ? error.message : String(error) };
  }
}
