import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  certificateExpiresAtMs,
  keepServingPair,
  loadServingPair,
  pairFiles,
  type ServingObserver,
  type ServingPair,
} from '../api/server/serving-pair.ts';
import type { Config } from '../config/schema.ts';
import { toAdapterError, type AdapterError } from '../errors.ts';
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
 * Keeps the server on the current serving pair: `serve` gives it to new connections. If the adapter maintains its APIService, a new certificate is published
 * there before it is served (docs/decisions/serving-certificate.md).
 */
export function keepServingCertificate(
  serve: (pair: ServingPair) => void,
  first: ServingPair,
  load: () => Promise<ServingPair>,
  apiService: ApiServiceKeeper | undefined,
  observer: ServingObserver,
): ServingCertificate {
  const stopped = new AbortController();
  let expiresAtMs = certificateExpiresAtMs(first);
  apiService?.setCaPem(first.certificate);
  const replace = (pair: ServingPair) => {
    serve(pair);
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
  const onChange = (pair: ServingPair) => {
    if (apiService === undefined) replace(pair);
    // Rejects only when the service stops.
    else replaceOnceTrusted(pair, apiService).catch(() => undefined);
  };
  const stopWatching = watchServingPair(first, load, onChange, (error) =>
    observer.servingPairUnusable(error),
  );
  return {
    expiresAtMs: () => expiresAtMs,
    stop: async () => {
      stopped.abort();
      await stopWatching();
    },
  };
}

/**
 * Checks the serving pair periodically. It polls, because a changed Secret moves links, which a file watch misses.
 *
 * @param load returns the pair to serve now: read from its files, or a new one if it is about to expire
 * @param onFailure called once for each new failure; a success in between makes the same failure new again
 * @returns a function that stops it
 */
function watchServingPair(
  first: ServingPair,
  load: () => Promise<ServingPair>,
  onChange: (pair: ServingPair) => void,
  onFailure: (error: AdapterError) => void,
): () => Promise<void> {
  let current = first;
  let failure: string | undefined;
  let pendingCheck: Promise<void> | undefined;
  const check = async () => {
    try {
      const pair = await load();
      failure = undefined;
      if (pair.certificate === current.certificate && pair.key === current.key) return;
      onChange(pair);
      current = pair;
    } catch (thrown) {
      const error = toAdapterError(thrown);
      if (failure !== error.what) onFailure(error);
      failure = error.what;
    }
  };
  const timer = setInterval(() => {
    pendingCheck ??= check().finally(() => (pendingCheck = undefined));
  }, checkMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await pendingCheck;
  };
}
