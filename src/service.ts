import { setTimeout as sleep } from 'node:timers/promises';
import { createAccessCheck, createRequestParser } from './access/access-check.ts';
import { reopenedRules } from './access/reopened-rules.ts';
import { createApp } from './api/server/app.ts';
import { replaceServingPair } from './api/server/server.ts';
import type { ServingPair } from './api/server/serving-pair.ts';
import { bindAddressOf, type Config } from './config/schema.ts';
import { tlsSettingsOf } from './config/tls-settings.ts';
import { catalogOf } from './service/catalog.ts';
import type { Delegation, startDelegation } from './service/delegation.ts';
import { listen } from './service/listen.ts';
import { createReading } from './service/reading-stack.ts';
import { serviceNamespaceOf } from './service/service-namespace.ts';
import { keepServingCertificate, servingPairSource } from './service/serving-certificate.ts';
import { createStatus } from './service/status-stack.ts';
import type { Dependencies } from './service/dependencies.ts';
import { startTelemetry } from './service/telemetry.ts';
import { resolveEndpoint } from './sls/endpoint.ts';
import { Metrics } from './telemetry/metrics.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { tellAll } from './telemetry/tell-all.ts';

/** A running adapter. */
export interface Service {
  /** `https://{address}:{port}` */
  readonly url: string;
  /** `http://{address}:{port}`. Undefined without `telemetry.port`. */
  readonly telemetryUrl: string | undefined;
  /** PEM file that clients must trust. */
  readonly certificateFile: string;
  /** Fails readiness, waits for `shutdownDelaySeconds`, then ends in-flight requests and closes everything. */
  stop(reason: string): Promise<void>;
}

/**
 * Builds all parts and starts to listen.
 *
 * @throws AdapterError `AddressInUse`, `AddressUnusable`, or `ConfigInvalid` if a file cannot be used
 */
export async function startService(
  config: Config,
  dependencies: Dependencies,
  log: Telemetry,
): Promise<Service> {
  const { clock, monotonicMs } = dependencies;
  const { authentication, maxRequestsInFlight, maxConnections, shutdownDelaySeconds } = config.server;
  const slsEndpoint = resolveEndpoint({ ...config.sls, url: config.sls.endpoint }).authority;
  const startMs = monotonicMs();
  const metrics = new Metrics();
  const catalog = catalogOf(config);
  const parseRequest = createRequestParser(catalog, config.defaults, createAccessCheck(config.access));
  const status = createStatus(config, dependencies, parseRequest);
  const telemetry = tellAll(log, metrics.observer, status?.observer ?? {});
  for (const reopened of reopenedRules(config.access.rules)) telemetry.accessRuleReopened(reopened);
  const certificate = servingPairSource(config, await serviceNamespaceOf(config), dependencies);
  const pair = await certificate.load();
  // If a later step fails, the parts before it are closed in reverse order.
  await using parts = new AsyncDisposableStack();
  const sinks = status ? [status.tracker.series] : [];
  const reading = parts.use(createReading(config, dependencies, telemetry, sinks));
  parts.defer(startRunning(reading.prefetcher));
  parts.defer(startRunning(reading.heartbeat));
  const delegation =
    authentication === 'delegated'
      ? await delegate(config, dependencies, telemetry, status?.tracker.autoscalers)
      : undefined;
  parts.defer(() => delegation?.stop());
  let shutdown: string | undefined;
  const tls = tlsSettingsOf(config);
  const app = createApp({
    servingPair: pair,
    tls,
    catalog,
    read: { reader: reading.reader, parseRequest, observer: telemetry, clock },
    access: delegation?.access,
    limits: { maxRequests: maxRequestsInFlight, maxConnections },
    readiness: [{ name: 'shutdown', failure: () => shutdown }, ...(delegation?.readiness ?? [])],
    exposition: () => metrics.exposition(),
    observer: telemetry,
  });
  parts.defer(() => app.close());
  const { load, certificateFile } = certificate;
  const serve = (newPair: ServingPair) => replaceServingPair(app, newPair, tls);
  const servingCertificate = keepServingCertificate(serve, pair, load, delegation?.apiService, telemetry);
  parts.defer(() => servingCertificate.stop());
  const observed = { config, dependencies, reading, delegation, servingCertificate };
  const internal = await startTelemetry(metrics, observed, status?.page(reading), telemetry);
  parts.defer(() => internal?.stop());
  const url = await listen(app, bindAddressOf(config), config.server.securePort);
  const running = parts.move();
  const urls = { url, telemetryUrl: internal?.url };
  telemetry.started({ ...urls, slsEndpoint, authentication, durationMs: monotonicMs() - startMs });
  const stop = async (reason: string) => {
    shutdown = 'shutting down';
    telemetry.stopping({ reason, delaySeconds: shutdownDelaySeconds });
    // The endpoints of the Service contain this replica until all proxies know that it is not ready.
    await sleep(shutdownDelaySeconds * 1000);
    await running.disposeAsync();
  };
  return { ...urls, certificateFile, stop };
}

/** Returns a function that stops the part. */
function startRunning(
  part: { run(signal: AbortSignal): Promise<void> } | undefined,
): () => Promise<void> | undefined {
  const stopped = new AbortController();
  const running = part?.run(stopped.signal);
  return () => {
    stopped.abort();
    return running;
  };
}

/** Loads the code for the API server only if it is needed. */
async function delegate(...args: Parameters<typeof startDelegation>): Promise<Delegation> {
  const { startDelegation: start } = await import('./service/delegation.ts');
  return start(...args);
}
