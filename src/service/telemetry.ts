import { versionInfo } from '../api/discovery/version.ts';
import type { ConnectionObserver } from '../api/server/connections.ts';
import { registerMetrics } from '../api/server/metrics-route.ts';
import type { RegisterGet } from '../api/server/server.ts';
import { createTelemetryServer } from '../api/server/telemetry-server.ts';
import type { Config } from '../config/schema.ts';
import type { StatusPage } from '../status-page/status-page.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Delegation } from './delegation.ts';
import type { Keda } from './keda.ts';
import { listen } from './listen.ts';
import type { ReadingStack } from './reading-stack.ts';
import type { ServingCertificate } from './serving-certificate.ts';
import type { Dependencies } from './dependencies.ts';

/** The parts of the service whose state the metrics expose. */
interface ObservedParts {
  readonly config: Config;
  readonly dependencies: Dependencies;
  readonly reading: ReadingStack;
  readonly delegation: Delegation | undefined;
  readonly servingCertificate: ServingCertificate;
  readonly keda: Keda | undefined;
}

/**
 * Adds the state of the service to the metrics, and serves metrics and status page if `telemetry.port` is set. Returns
 * the URL, `http://{address}:{port}`.
 *
 * @throws AdapterError `AddressInUse`, `AddressUnusable`
 */
export async function startTelemetry(
  metrics: Metrics,
  parts: ObservedParts,
  page: StatusPage | undefined,
  observer: ConnectionObserver,
) {
  addState(metrics, parts);
  const { port, bindAddress } = parts.config.telemetry;
  if (port === undefined) return undefined;
  const server = createTelemetryServer((get) => {
    registerMetrics(get, () => metrics.exposition());
    if (page !== undefined) registerPage(get, page);
  }, observer);
  const url = await listen(server, bindAddress, port);
  const stop = async () => {
    page?.close();
    await server.close();
  };
  return { url, stop };
}

/** How good forecasts are is shown of so many, also without gauges of readings. */
const leastForecasts = 100;

function addState(
  metrics: Metrics,
  { config, dependencies, reading, delegation, servingCertificate, keda }: ObservedParts,
): void {
  const { store, beats, sls, delays, silence, heartbeat, settingsOf } = reading;
  metrics.watch({
    version: versionInfo().gitVersion,
    projects: () => sls.gates.counts(),
    delays: () => delays.learned(),
    logstores: () => silence.logstores(),
    heartbeat: () => heartbeat?.status,
    nowMs: () => dependencies.clock.now(),
    identities: () => sls.identities(),
    synced: () => delegation?.synced() ?? [],
    series: () => ({
      held: store.size,
      wanted: beats.size(dependencies.monotonicMs()),
      most: config.reading.maxSeries,
    }),
    kedaStreams: () => keda?.streams(),
    certificateExpiresAtMs: () => servingCertificate.expiresAtMs(),
  });
  const { maxSeriesValues } = config.telemetry;
  metrics.watchForecasts(Math.max(leastForecasts, maxSeriesValues), {
    all: () => reading.forecasts.all(),
    maxForecasts: config.reading.maxForecasts,
  });
  if (maxSeriesValues > 0)
    metrics.watchSeries(maxSeriesValues, {
      all: () => store.all(),
      maxStaleMsOf: (project) => settingsOf(project).maxStaleSeconds * 1000,
      monotonicMs: dependencies.monotonicMs,
    });
}

/** What the answers at these paths have in memory while their clients do not read them. `/` may answer in JSON. */
const heldBytes: Readonly<Record<string, number>> = {
  '/': 64 * 1024,
  '/status.json': 64 * 1024,
  '/events': 16 * 1024,
};

/** The page writes its responses itself, since Fastify does not support event streams. */
function registerPage(get: RegisterGet, page: StatusPage): void {
  for (const path of page.paths)
    get(path, ({ raw: request }, reply) => {
      reply.server.admission.hold(reply.raw, heldBytes[path] ?? 0);
      reply.hijack();
      page.handle(request, reply.raw);
      return reply;
    });
}
