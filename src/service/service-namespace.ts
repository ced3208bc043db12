import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { usualServiceAccountDir } from '../kube/client/in-cluster-access.ts';

/** The namespace of our Service: as configured, else the pod's. */
export async function serviceNamespaceOf({ kubernetes }: Config): Promise<string | undefined> {
  const { serviceNamespace, serviceAccountDir = usualServiceAccountDir } = kubernetes;
  if (serviceNamespace !== undefined) return serviceNamespace;
  try {
    return (await readFile(join(serviceAccountDir, 'namespace'), 'utf8')).trim();
  } catch {
    return undefined;
  }
}
