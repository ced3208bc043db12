import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';

const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** The namespace of our Service: as configured, else the pod's. */
export async function serviceNamespaceOf({ kubernetes }: Config): Promise<string | undefined> {
  if (kubernetes.serviceNamespace !== undefined) return kubernetes.serviceNamespace;
  try {
    return (await readFile(namespaceFile, 'utf8')).trim();
  } catch {
    return undefined;
  }
}
