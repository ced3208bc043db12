import { homedir } from 'node:os';
import { join } from 'node:path';
import { keepServingPair, loadServingPair, pairFiles } from '../api/server/serving-pair.ts';
import type { Config } from '../config/schema.ts';
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
