import { setTimeout as sleep } from 'node:timers/promises';
import { createAccessCheck } from './access/access-check.ts';
import { createRequestParser } from './access/request-parser.ts';
import type { AutoscalerHandler } from './kube/autoscalers/autoscaler-changes.ts';
import { createApp } from './api/server/app.ts';
import { bindAddressOf, type Config } from './config/schema.ts';
import { AutoscalerDemand } from './reading/autoscaler-demand.ts';
import { catalogOf } from './service/catalog.ts';
import type { Delegation, startDelegation } from './service/delegation.ts';
import { createHpaEvents } from './service/hpa-events.ts';
import { listen } from './service/listen.ts';
import { createReading } from './service/reading-stack.ts';
import { serviceNamespaceOf } from './service/service-namespace.ts';
import { keepServing, servingPairSource } from './service/serving-certificate.ts';
import { createStatus } from './service/status-stack.ts';
import type { Surroundings } from './service/surroundings.ts';
import { startTelemetry } from './service/telemetry.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { Metrics } from './telemetry/metrics.ts';
import { tellAll } from './telemetry/tell-all.ts';
import { resolveEndpoint } from './sls/endpoint.ts';

/** A running adapter. */
export interface Service {
  /** `https://{address}:{port}` */
  readonly url: string;
  /** `http://{address}:{port}`, where `telemetry.port` is set. */
  readonly telemetryUrl: string | undefined;
  /** The file to trust, PEM. */
  readonly certificateFile: string;
  /** Fails readiness, lets running requests end, closes everything. */
  stop(reason: string): Promise<void>;
}

/**
 * Builds everything and starts to listen.
 *
 * @throws AdapterError `AddressInUse`, `AddressUnusable`, or `ConfigInvalid` where a file is unusable
 */
export async function startService(config: Config, around: Surroundings, log: Telemetry): Promise<Service> {
  const metrics = new Metrics();
  const catalog = catalogOf(config);
  const parseRequest = createRequestParser(catalog, config.defaults, createAccessCheck(config.access));
  const status = createStatus(config, around, parseRequest);
  const { events, observer } = createHpaEvents(config, around);
  const telemetry = tellAll(log, metrics.observer, status.observer, observer);
  const startMs = around.clock.now();
  const { authentication, maxRequestsInFlight, shutdownDelaySeconds } = config.server;
  const slsEndpoint = resolveEndpoint({ ...config.sls, url: config.sls.endpoint }).authority;
  const source = servingPairSource(config, await serviceNamespaceOf(config), around);
  const pair = await source.load();
  // Whatever fails from here on closes what stands already, in reverse.
  await using standing = new AsyncDisposableStack();
  const reading = createReading(config, around, telemetry, status.sinks);
  standing.defer(() => reading.close());
  const ending = new AbortController();
  const prefetching = reading.prefetcher.run(ending.signal);
  standing.defer(() => {
    ending.abort();
    return prefetching;
  });
  const demand = new AutoscalerDemand(reading.wanted, parseRequest, telemetry);
  const autoscalers = tellAll<AutoscalerHandler>(demand, ...status.autoscalerHandlers);
  const delegation =
    authentication === 'delegated'
      ? await delegate(config, around, telemetry, autoscalers, events)
      : undefined;
  standing.defer(() => delegation?.stop());
  let stopping: string | undefined;
  const app = createApp({
    servingPair: pair,
    catalog,
    read: { reader: reading.reader, parseRequest, observer: telemetry, clock: around.clock },
    access: delegation?.access,
    maxInFlight: maxRequestsInFlight,
    readiness: [{ name: 'shutdown', failure: () => stopping }, ...(delegation?.readiness ?? [])],
    exposition: () => metrics.exposition(),
    observer: telemetry,
  });
  standing.defer(() => app.close());
  const serving = keepServing(app, pair, source.load, delegation?.apiService, telemetry);
  standing.defer(() => serving.stop());
  const standsNow = { config, around, reading, delegation, serving };
  const internal = await startTelemetry(metrics, standsNow, await status.page(reading));
  standing.defer(() => internal?.stop());
  const url = await listen(app, bindAddressOf(config), config.server.securePort);
  const running = standing.move();
  const urls = { url, telemetryUrl: internal?.url };
  telemetry.started({ ...urls, slsEndpoint, authentication, durationMs: around.clock.now() - startMs });
  return {
    ...urls,
    certificateFile: source.certificateFile,
    stop: async (reason) => {
      stopping = 'shutting down';
      telemetry.stopping({ reason, delaySeconds: shutdownDelaySeconds });
      // Endpoints still name this replica until everybody has heard that it is not ready.
      await sleep(shutdownDelaySeconds * 1000);
      await running.disposeAsync();
    },
  };
}

/** Loaded where it is wanted: on a laptop nobody is asked. */
async function delegate(...known: Parameters<typeof startDelegation>): Promise<Delegation> {
  const { startDelegation: start } = await import('./service/delegation.ts');
  return start(...known);
}
