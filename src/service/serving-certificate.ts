import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceServingPair, type Server } from '../api/server/server.ts';
import { watchServingPair, type ServingObserver } from '../api/server/serving-pair-watch.ts';
import {
  certificateExpiresAtMs,
  keepServingPair,
  loadServingPair,
  pairFiles,
  type ServingPair,
} from '../api/server/serving-pair.ts';
import type { Config } from '../config/schema.ts';
import type { ApiServiceKeeper } from '../kube/api-service.ts';
import type { Dependencies } from './dependencies.ts';

/** Returns the source of the serving pair: the configured files, or a self-signed pair that is renewed. */
export function servingPairSource(
  { server, kubernetes }: Config,
  serviceNamespace: string | undefined,
  { clock, env }: Dependencies,
) {
  const { tlsCertFile, tlsPrivateKeyFile } = server;
  if (tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined) {
    return { load: () => loadServingPair(tlsCertFile, tlsPrivateKeyFile), certificateFile: tlsCertFile };
  }
  const cacheDir = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const certDir = server.certDir ?? join(cacheDir, 'sls-metrics-adapter');
  const service =
    serviceNamespace === undefined ? [] : serviceNames(kubernetes.serviceName, serviceNamespace);
  const names = [...new Set(['localhost', '127.0.0.1', '::1', ...service])];
  return {
    load: () => keepServingPair(certDir, names, clock),
    certificateFile: pairFiles(certDir).certFile,
  };
}

/** The aggregator verifies the first name. */
const serviceNames = (name: string, namespace: string) => [
  `${name}.${namespace}.svc`,
  `${name}.${namespace}.svc.cluster.local`,
];

/** How often the two files are read. A change of a Secret takes about a minute to reach them. */
const checkMs = 3000;

/** Time for all API servers to receive a new caBundle by their watches. */
const trustSpreadMs = 10_000;
const publishedPollMs = 500;

export interface ServingCertificate {
  /** Unix ms. For the certificate that new connections get. */
  expiresAtMs(): number;
  stop(): Promise<void>;
}

/**
 * Keeps the server on the current serving pair. If the adapter maintains its APIService, a new certificate is published
 * there before it is served (docs/decisions/serving-certificate.md).
 */
export function keepServingCertificate(
  server: Server,
  first: ServingPair,
  load: () => Promise<ServingPair>,
  apiService: ApiServiceKeeper | undefined,
  observer: ServingObserver,
): ServingCertificate {
  const stopped = new AbortController();
  let expiresAtMs = certificateExpiresAtMs(first);
  apiService?.setCaPem(first.certificate);
  const replace = (pair: ServingPair) => {
    replaceServingPair(server, pair);
    expiresAtMs = certificateExpiresAtMs(pair);
    observer.servingPairReplaced();
  };
  const replaceOnceTrusted = async (pair: ServingPair, keeper: ApiServiceKeeper) => {
    const { signal } = stopped;
    keeper.setCaPem(pair.certificate);
    while (keeper.publishedCaPem !== pair.certificate) await sleep(publishedPollMs, undefined, { signal });
    await sleep(trustSpreadMs, undefined, { signal });
    replace(pair);
  };
  const stopWatching = watchServingPair(first, {
    load,
    everyMs: checkMs,
    onChange: (pair) => {
      if (apiService === undefined) replace(pair);
      // Rejects only when the service stops.
      else replaceOnceTrusted(pair, apiService).catch(() => undefined);
    },
    onFailure: (error) => observer.servingPairUnusable(error),
  });
  return {
    expiresAtMs: () => expiresAtMs,
    stop: async () => {
      stopped.abort();
      await stopWatching();
    },
  };
}
