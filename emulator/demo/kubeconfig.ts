import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';

/**
 * Writes a kubeconfig for the adapter itself beside its certificate, so that no other cluster's is touched.
 *
 * @returns its absolute path
 */
export async function writeKubeconfig(url: string, certificateFile: string): Promise<string> {
  // A relative path in a kubeconfig is relative to that file.
  const authority = resolve(certificateFile);
  const file = join(dirname(authority), 'kubeconfig');
  const name = 'sls-metrics-adapter-demo';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority': authority } }],
    // Nobody checks it; without any credential kubectl would ask for a user name.
    users: [{ name, user: { token: 'unused' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}
