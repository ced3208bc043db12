import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './api/app.ts';
import { replaceServingPair, type Server } from './api/server.ts';
import { ServingPairKeeper } from './api/serving-pair-keeper.ts';
import { bindAddressOf, type Config } from './config/schema.ts';
import { AdapterError, toListenError } from './errors.ts';
import { resolveEndpoint } from './sls/endpoint.ts';
import { createReading } from './service/reading-stack.ts';
import { servingPairSource } from './service/serving-pair-source.ts';
import type { Surroundings } from './service/surroundings.ts';
import type { Telemetry } from './telemetry/logger.ts';

/** A Secret's change reaches a pod within about a minute. */
const servingPairCheckMs = 10_000;

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
