import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../../src/cli/io.ts';
import type { Service } from '../../src/service.ts';
import type { Emulator } from '../emulator.ts';
import { AdapterClient, requestsIn } from './adapter-client.ts';
import { GuideHpa } from './guide-hpa.ts';
import { createView, type RouteLine } from './view.ts';

export const project = 'k8s-log-demo';
export const logstore = 'nginx-ingress';

const terminalRefreshMs = 1000;
const pipeRefreshMs = 5000;

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
  const hpa = new GuideHpa();
  try {
    while (!signal.aborted) {
      const lines = await Promise.all(routes.map((route) => readRoute(client, route, io.clock)));
      const [guide] = lines;
      const replicas = hpa.replicas(guide?.qps, io.clock.now());
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
