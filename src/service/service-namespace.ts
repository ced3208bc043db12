import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { usualServiceAccountDir } from '../kube/client/token-file.ts';

/** Returns the namespace of our Service: the configured one, else the namespace of the pod. */
export async function serviceNamespaceOf({ kubernetes }: Config): Promise<string | undefined> {
  const { serviceNamespace, serviceAccountDir = usualServiceAccountDir } = kubernetes;
  if (serviceNamespace !== undefined) return serviceNamespace;
  try {
    return (await readFile(join(serviceAccountDir, 'namespace'), 'utf8')).trim();
  } catch {
    return undefined;
  }
}
