import { setTimeout as sleep } from 'node:timers/promises';
import { createAccessCheck, createRequestParser } from './access/access-check.ts';
import { createApp } from './api/server/app.ts';
import { replaceServingPair } from './api/server/server.ts';
import type { ServingPair } from './api/server/serving-pair.ts';
import { bindAddressOf, type Config } from './config/schema.ts';
import { tlsSettingsOf } from './config/tls-settings.ts';
import { catalogOf } from './service/catalog.ts';
import type { Delegation, startDelegation } from './service/delegation.ts';
import type { Keda, startKeda } from './service/keda.ts';
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
  /** `https://{address}:{port}`; `http` without authentication. Undefined without `keda.port`. */
  readonly kedaUrl: string | undefined;
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
  for (const hpa of dependencies.autoscalers ?? []) status?.tracker.autoscalers.changed(hpa, hpa.metrics);
  const telemetry = tellAll(log, metrics.observer, status?.tracker ?? {});
  const namespace = await serviceNamespaceOf(config);
  const { load, certificateFile } = servingPairSource(config, namespace, dependencies);
  const pair = await load();
  // If a later step fails, the parts before it are closed in reverse order.
  await using parts = new AsyncDisposableStack();
  const sinks = status ? [status.tracker.series] : [];
  const reading = parts.use(createReading(config, dependencies, telemetry, sinks));
  for (const part of reading.running) parts.defer(startRunning(part));
  const delegation = await delegate(config, dependencies, telemetry, status?.tracker.autoscalers);
  parts.defer(() => delegation?.stop());
  let shutdown: string | undefined;
  const tls = tlsSettingsOf(config);
  const read = { reader: reading.reader, parseRequest, observer: telemetry, clock };
  const app = createApp({
    servingPair: pair,
    ...{ tls, catalog, read },
    access: delegation?.access,
    limits: { maxRequests: maxRequestsInFlight, maxConnections },
    readiness: [{ name: 'shutdown', failure: () => shutdown }, ...(delegation?.readiness ?? [])],
    exposition: () => metrics.exposition(),
    observer: telemetry,
  });
  parts.defer(() => app.close());
  const keda = await serveKeda(config, pair, read, dependencies);
  parts.defer(() => keda?.stop());
  const serve = (newPair: ServingPair) => {
    replaceServingPair(app, newPair, tls);
    keda?.serve(newPair);
  };
  const servingCertificate = keepServingCertificate(serve, pair, load, delegation?.apiService, telemetry);
  parts.defer(() => servingCertificate.stop());
  const observed = { config, dependencies, reading, delegation, servingCertificate, keda };
  const internal = await startTelemetry(metrics, observed, status?.page(reading), telemetry);
  parts.defer(() => internal?.stop());
  const url = await listen(app, bindAddressOf(config), config.server.securePort);
  const urls = { url, telemetryUrl: internal?.url, kedaUrl: keda?.url };
  telemetry.started({ ...urls, slsEndpoint, authentication, durationMs: monotonicMs() - startMs });
  const running = parts.move();
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
async function delegate(...args: Parameters<typeof startDelegation>): Promise<Delegation | undefined> {
  const [{ server }] = args;
  if (server.authentication !== 'delegated') return undefined;
  const { startDelegation: start } = await import('./service/delegation.ts');
  return start(...args);
}

/** Loads the gRPC library only if it is needed. */
async function serveKeda(...args: Parameters<typeof startKeda>): Promise<Keda | undefined> {
  const [{ keda }] = args;
  if (keda.port === undefined) return undefined;
  const { startKeda: start } = await import('./service/keda.ts');
  return start(...args);
}
