import { registerMetrics } from '../api/server/metrics-route.ts';
import type { RegisterGet } from '../api/server/server.ts';
import { createTelemetryServer } from '../api/server/telemetry-server.ts';
import type { StatusPage } from '../status-page/status-page.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { listen } from './listen.ts';
import { watchState, type Standing } from './watch-state.ts';

export interface TelemetryListener {
  /** `http://{address}:{port}` */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Has the metrics see what stands, and listens where the configuration names a port for it.
 *
 * @throws AdapterError `AddressInUse`, `AddressUnusable`
 */
export async function startTelemetry(
  metrics: Metrics,
  standing: Standing,
  page: StatusPage | undefined,
): Promise<TelemetryListener | undefined> {
  watchState(metrics, standing);
  const { port, bindAddress } = standing.config.telemetry;
  if (port === undefined) return undefined;
  const server = createTelemetryServer((get) => {
    registerMetrics(get, () => metrics.exposition());
    if (page !== undefined) registerPage(get, page);
  });
  const url = await listen(server, bindAddress, port);
  const stop = async () => {
    page?.close();
    await server.close();
  };
  return { url, stop };
}

/** It answers by itself: a stream of events is nothing for Fastify. */
function registerPage(get: RegisterGet, page: StatusPage): void {
  for (const path of page.paths)
    get(path, ({ raw: request }, reply) => {
      reply.hijack();
      page.handle(request, reply.raw);
      return reply;
    });
}
