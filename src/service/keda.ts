import type { ReadContext } from '../api/read/external-metrics.ts';
import type { ServingPair } from '../api/server/serving-pair.ts';
import { replaceServingPair } from '../api/server/server.ts';
import { bindAddressOf, type Config } from '../config/schema.ts';
import { tlsSettingsOf } from '../config/tls-settings.ts';
import { ClientCertificates } from '../keda/client-certificates.ts';
import { createKedaServer } from '../keda/keda-server.ts';
import { Scaler } from '../keda/scaler.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Dependencies } from './dependencies.ts';
import { listen } from './listen.ts';

/** The external scaler for KEDA, on a port of its own. */
export interface Keda {
  readonly url: string;
  streams(): number;
  /** Gives new connections the new pair. */
  serve(pair: ServingPair): void;
  stop(): Promise<void>;
}

/**
 * Serves gRPC with TLS; without, if clients are not authenticated at all: then only on loopback.
 *
 * @throws AdapterError `AddressInUse`, `AddressUnusable`, or `ConfigInvalid` if the file of client authorities cannot be used
 */
export async function startKeda(
  config: Config,
  pair: ServingPair,
  read: ReadContext & { readonly observer: Telemetry },
  { clock, monotonicMs }: Dependencies,
): Promise<Keda> {
  const isPlain = config.server.authentication === 'none';
  const { port = 0, clientCaFile } = config.keda;
  const tls = tlsSettingsOf(config);
  const clients = clientCaFile === undefined ? undefined : new ClientCertificates(clientCaFile, clock);
  await clients?.check();
  const server = createKedaServer({
    servingPair: isPlain ? undefined : pair,
    ...{ tls, clients, observer: read.observer },
    scaler: new Scaler({ ...read, monotonicMs }),
  });
  const url = await listen(server.app, bindAddressOf(config), port);
  return {
    url: isPlain ? url.replace(/^https/, 'http') : url,
    streams: () => server.streams(),
    serve: (newPair) => {
      if (!isPlain) replaceServingPair(server.app, newPair, tls);
    },
    stop: () => server.app.close(),
  };
}
