import { homedir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './api/app.ts';
import type { Server } from './api/server.ts';
import { keepServingPair, loadServingPair, pairFiles, type ServingPair } from './api/serving-pair.ts';
import type { Config } from './config/schema.ts';
import { toListenError } from './errors.ts';
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
  const slsEndpoint = resolveEndpoint({ ...config.sls, url: config.sls.endpoint }).authority;
  const { pair, certificateFile } = await servingPair(config, around);
  const reading = createReading(config, around, telemetry);
  let stopping: string | undefined;
  const app = createApp({
    servingPair: pair,
    read: { reader: reading.reader, defaults: config.defaults, observer: telemetry, clock: around.clock },
    notReady: () => stopping,
    onInternalError: (error) => telemetry.internalError(error),
  });
  const url = await listen(app, config);
  telemetry.started({ url, slsEndpoint, durationMs: around.clock.now() - startMs });
  return {
    url,
    certificateFile,
    stop: async (reason) => {
      stopping = 'shutting down';
      telemetry.stopping({ reason });
      await app.close();
      reading.close();
    },
  };
}

async function servingPair(
  { server }: Config,
  { clock, env }: Surroundings,
): Promise<{ pair: ServingPair; certificateFile: string }> {
  const { tlsCertFile, tlsPrivateKeyFile, bindAddress } = server;
  if (tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined) {
    return { pair: await loadServingPair(tlsCertFile, tlsPrivateKeyFile), certificateFile: tlsCertFile };
  }
  const cacheDir = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const certDir = server.certDir ?? join(cacheDir, 'sls-metrics-adapter');
  const names = [...new Set(['localhost', '127.0.0.1', '::1', bindAddress])];
  return { pair: await keepServingPair(certDir, names, clock), certificateFile: pairFiles(certDir).certFile };
}

async function listen(app: Server, { server: { bindAddress, securePort } }: Config): Promise<string> {
  try {
    return await app.listen({ host: bindAddress, port: securePort });
  } catch (cause) {
    await app.close();
    throw toListenError(cause, `${bindAddress}:${securePort}`);
  }
}
