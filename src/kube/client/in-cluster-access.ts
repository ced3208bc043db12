import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { AdapterError } from '../../errors.ts';
import type { KubeAccess } from './kube-access.ts';
import { RereadFile } from './reread-file.ts';

/** Where Kubernetes mounts it, unless a pod has it mounted elsewhere. */
export const usualServiceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What a pod finds around itself. */
export interface PodSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The files of its service account: `token` and `ca.crt`. */
  readonly serviceAccountDir: string;
  readonly clock: { now(): number };
}

/**
 * The pod's own service account: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/.
 *
 * @throws AdapterError `ConfigInvalid` outside of a cluster, or where its files cannot be read
 */
export async function inClusterAccess({
  env,
  serviceAccountDir,
  clock,
}: PodSurroundings): Promise<KubeAccess> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new AdapterError(
      'ConfigInvalid',
      'no Kubernetes API server is known: outside of a cluster (KUBERNETES_SERVICE_HOST is not set) --kubeconfig must name one',
    );
  }
  const token = new RereadFile(join(serviceAccountDir, 'token'), clock);
  const ca = new RereadFile(join(serviceAccountDir, 'ca.crt'), clock);
  const credentials = async () => ({
    headers: { authorization: `Bearer ${await token.read()}` },
    tls: { ca: await ca.read() },
  });
  try {
    await credentials();
  } catch (cause) {
    const file = (cause as NodeJS.ErrnoException).path ?? serviceAccountDir;
    throw new AdapterError(
      'ConfigInvalid',
      `the service account file ${file} cannot be read; does the pod mount its token (automountServiceAccountToken)?`,
      { cause },
    );
  }
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    credentials,
    expire: () => token.expire(),
  };
}
