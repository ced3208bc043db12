import { registerMetrics } from '../api/metrics-route.ts';
import { createTelemetryServer } from '../api/telemetry-server.ts';
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
): Promise<TelemetryListener | undefined> {
  watchState(metrics, standing);
  const { port, bindAddress } = standing.config.telemetry;
  if (port === undefined) return undefined;
  const server = createTelemetryServer((get) => registerMetrics(get, () => metrics.exposition()));
  const url = await listen(server, bindAddress, port);
  return { url, stop: async () => server.close() };
}
