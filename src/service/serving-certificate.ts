import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceServingPair, type Server } from '../api/server/server.ts';
import { type ServingObserver, ServingPairKeeper } from '../api/server/serving-pair-keeper.ts';
import {
  certificateExpiresAtMs,
  keepServingPair,
  loadServingPair,
  pairFiles,
  type ServingPair,
} from '../api/server/serving-pair.ts';
import type { Config } from '../config/schema.ts';
import type { ApiServiceKeeper } from '../kube/api-service.ts';
import type { Surroundings } from './surroundings.ts';

/** Where the serving pair comes from: the files given, or a self-made one that is renewed. */
export function servingPairSource(
  { server, kubernetes }: Config,
  serviceNamespace: string | undefined,
  { clock, env }: Surroundings,
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

/** The first is the name that the aggregator checks. */
const serviceNames = (name: string, namespace: string) => [
  `${name}.${namespace}.svc`,
  `${name}.${namespace}.svc.cluster.local`,
];

/** Two small files are read; a Secret's change reaches them within about a minute. */
const checkMs = 3000;

/** Each API server hears of a new caBundle by a watch. */
const trustSpreadsMs = 10_000;
const publishedPollMs = 500;

export interface Serving {
  /** Of the certificate that new connections get, Unix ms. */
  certificateExpiresAtMs(): number;
  stop(): Promise<void>;
}

/**
 * Keeps the server on the serving pair of now. Where the adapter registers itself, a new certificate is trusted
 * first and served afterwards (docs/decisions/serving-certificate.md).
 */
export function keepServing(
  server: Server,
  first: ServingPair,
  load: () => Promise<ServingPair>,
  apiService: ApiServiceKeeper | undefined,
  observer: ServingObserver,
): Serving {
  const ending = new AbortController();
  let expiresAtMs = certificateExpiresAtMs(first);
  apiService?.setCaPem(first.certificate);
  const replace = (pair: ServingPair) => {
    replaceServingPair(server, pair);
    expiresAtMs = certificateExpiresAtMs(pair);
    observer.servingPairReplaced();
  };
  const replaceOnceTrusted = async (pair: ServingPair, keeper: ApiServiceKeeper) => {
    const { signal } = ending;
    keeper.setCaPem(pair.certificate);
    while (keeper.publishedCaPem !== pair.certificate) await sleep(publishedPollMs, undefined, { signal });
    await sleep(trustSpreadsMs, undefined, { signal });
    replace(pair);
  };
  const keeper = new ServingPairKeeper(first, {
    load,
    everyMs: checkMs,
    onChange: (pair) => {
      if (apiService === undefined) replace(pair);
      // Ends early only with the service.
      else replaceOnceTrusted(pair, apiService).catch(() => undefined);
    },
    onFailure: (error) => observer.servingPairUnusable(error),
  });
  return {
    certificateExpiresAtMs: () => expiresAtMs,
    stop: async () => {
      ending.abort();
      await keeper.stop();
    },
  };
}
