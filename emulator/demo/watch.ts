import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../../src/cli/io.ts';
import type { Service } from '../../src/service.ts';
import type { Emulator } from '../emulator.ts';
import { AdapterClient, requestsIn } from './adapter-client.ts';
import { logstore, project, ScaledDeployment, type DemoHpa } from './demo-hpas.ts';
import { createView, type RouteLine } from './view.ts';

const terminalRefreshMs = 1000;
const pipeRefreshMs = 5000;

/** Returns the path of the metric of an HPA in the external metrics API. */
export const readPath = ({ route, autoscaler: { namespace } }: DemoHpa) =>
  `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/sls_ingress_qps?labelSelector=` +
  `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=${route}`;

/** Reads the metrics of all HPAs again and again, scales by them, and shows both until the signal. */
export async function watchHpas(
  service: Service,
  emulator: Emulator,
  hpas: readonly DemoHpa[],
  signal: AbortSignal,
  io: Io,
): Promise<void> {
  const client = await AdapterClient.connect(service.url, service.certificateFile);
  const view = createView(io.stdout);
  const refreshMs = io.stdout.isTTY ? terminalRefreshMs : pipeRefreshMs;
  const scaled = hpas.map((hpa) => ({ hpa, deployment: new ScaledDeployment(hpa) }));
  try {
    while (!signal.aborted) {
      const seen = await Promise.all(
        scaled.map(async ({ hpa, deployment }) => {
          const line = await readRoute(client, hpa, io.clock);
          const now = deployment.sync(line.qps ?? { error: line.error ?? '' }, io.clock.now());
          return { ...now, line: { ...line, replicas: now.replicas, reason: now.reason } };
        }),
      );
      const events = seen.flatMap((one) => one.events);
      view.show({ routes: seen.map(({ line }) => line), events, slsQueries: emulator.stats().queries });
      await sleep(refreshMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    view.end();
    client.close();
  }
}

type Reading = Omit<RouteLine, 'replicas' | 'reason'>;

async function readRoute(client: AdapterClient, hpa: DemoHpa, clock: Io['clock']): Promise<Reading> {
  const unknown = { route: hpa.route, qps: undefined, requests: undefined, ageSeconds: undefined };
  try {
    const item = await client.read(readPath(hpa));
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
