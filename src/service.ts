import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './api/app.ts';
import { replaceServingPair, type Server } from './api/server.ts';
import { ServingPairKeeper } from './api/serving-pair-keeper.ts';
import { keepServingPair, loadServingPair, pairFiles } from './api/serving-pair.ts';
import { bindAddressOf, type Config } from './config/schema.ts';
import { AdapterError, toListenError } from './errors.ts';
import { Collector } from './reading/collector.ts';
import { Reader } from './reading/reader.ts';
import { SampleStore } from './reading/sample-store.ts';
import { AggregateSource } from './sls/aggregate-source.ts';
import { SlsClient, type SlsObserver } from './sls/client.ts';
import { createCredentialSource, type CredentialSource } from './sls/credentials.ts';
import { resolveEndpoint } from './sls/endpoint.ts';
import type { Telemetry } from './telemetry/logger.ts';

/** What differs between a process and a test. */
export interface Surroundings {
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: environment, then the default chain. */
  readonly credentials?: CredentialSource;
}

/** A Secret's change reaches a pod within about a minute. */
const servingPairCheckMs = 10_000;

/** Misses of one HPA sync arrive within this. */
const gatherMs = 2;
const firstRetryPauseMs = 250;
const longestRetryPauseMs = 4000;

/** A reader over SLS, without any server. */
export interface ReadingStack {
  readonly reader: Reader;
  close(): void;
}

export function createReading(config: Config, around: Surroundings, observer: SlsObserver): ReadingStack {
  const { clock, random, env } = around;
  const { sls, reading } = config;
  const client = new SlsClient(
    around.credentials ?? createCredentialSource(env),
    { connectTimeoutMs: sls.connectTimeoutSeconds * 1000, readTimeoutMs: sls.readTimeoutSeconds * 1000 },
    observer,
  );
  const source = new AggregateSource(client, clock);
  const store = new SampleStore(reading.maxSeries);
  const endpointSettings = { region: sls.region, network: sls.network, url: sls.endpoint };
  const collector = new Collector(
    {
      gatherMs,
      deadlineMs: reading.deadlineSeconds * 1000,
      firstPauseMs: firstRetryPauseMs,
      longestPauseMs: longestRetryPauseMs,
      random,
    },
    {
      clock,
      endpointOf: ({ internalEndpoint }) => resolveEndpoint(endpointSettings, internalEndpoint),
      delaySecondsOf: ({ delaySeconds }) => delaySeconds ?? reading.delaySeconds,
      query: (query, signal) => source.query(query, signal),
      onOutcome: (series, outcome, plannedAtMs) => {
        if (outcome.kind === 'sample') store.put(series, { sample: outcome.sample, plannedAtMs });
      },
    },
  );
  const reader = new Reader({ freshnessMs: reading.freshnessSeconds * 1000 }, store, collector, clock);
  return { reader, close: () => client.close() };
}

/** A running adapter. */
export interface Service {
  /** `https://{address}:{port}` */
  readonly url: string;
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
export async function startService(
  config: Config,
  around: Surroundings,
  telemetry: Telemetry,
): Promise<Service> {
  const startMs = around.clock.now();
  if (config.server.authentication === 'delegated') {
    throw new AdapterError(
      'ConfigInvalid',
      'delegated authentication is not built in yet; use --authentication none',
    );
  }
  const slsEndpoint = resolveEndpoint({ ...config.sls, url: config.sls.endpoint }).authority;
  const serving = servingPairSource(config, around);
  const pair = await serving.load();
  const reading = createReading(config, around, telemetry);
  let stopping: string | undefined;
  const app = createApp({
    servingPair: pair,
    read: { reader: reading.reader, defaults: config.defaults, observer: telemetry, clock: around.clock },
    access: undefined,
    maxInFlight: config.server.maxRequestsInFlight,
    readiness: [{ name: 'shutdown', failure: () => stopping }],
    observer: telemetry,
  });
  const keeper = new ServingPairKeeper(pair, {
    load: serving.load,
    everyMs: servingPairCheckMs,
    onChange: (next) => {
      replaceServingPair(app, next);
      telemetry.servingPairReplaced();
    },
    onFailure: (error) => telemetry.servingPairUnusable(error),
  });
  const url = await listen(app, config);
  telemetry.started({ url, slsEndpoint, durationMs: around.clock.now() - startMs });
  return {
    url,
    certificateFile: serving.certificateFile,
    stop: async (reason) => {
      stopping = 'shutting down';
      telemetry.stopping({ reason, delaySeconds: config.server.shutdownDelaySeconds });
      // Endpoints still name this replica until everybody has heard that it is not ready.
      await sleep(config.server.shutdownDelaySeconds * 1000);
      await keeper.stop();
      await app.close();
      reading.close();
    },
  };
}

/** Where the serving pair comes from: the files given, or a self-made one that is renewed. */
function servingPairSource(config: Config, { clock, env }: Surroundings) {
  const { server, kubernetes } = config;
  const { tlsCertFile, tlsPrivateKeyFile } = server;
  if (tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined) {
    return { load: () => loadServingPair(tlsCertFile, tlsPrivateKeyFile), certificateFile: tlsCertFile };
  }
  const cacheDir = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const certDir = server.certDir ?? join(cacheDir, 'sls-metrics-adapter');
  const { serviceName, serviceNamespace } = kubernetes;
  const service = serviceNamespace === undefined ? [] : serviceNames(serviceName, serviceNamespace);
  const names = [...new Set(['localhost', '127.0.0.1', '::1', ...service])];
  return {
    load: () => keepServingPair(certDir, names, clock),
    certificateFile: pairFiles(certDir).certFile,
  };
}

/** The first is the name that the aggregator checks. */
const serviceNames = (name: string, namespace: string) => [
  `${name}.${namespace}.svc`,
  `${name}.${namespace}.svc.cluster.local`,
];

async function listen(app: Server, config: Config): Promise<string> {
  const host = bindAddressOf(config);
  const { securePort: port } = config.server;
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw toListenError(cause, `${host}:${port}`);
  }
}
