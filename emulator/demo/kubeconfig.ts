import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';

/**
 * Writes a kubeconfig whose cluster is the adapter itself. It lies beside the adapter's certificate; the user's own
 * kubeconfig stays as it is.
 *
 * @returns its absolute path
 */
export async function writeKubeconfig(url: string, certificateFile: string): Promise<string> {
  // kubectl resolves a relative path from the directory of the kubeconfig.
  const authority = resolve(certificateFile);
  const file = join(dirname(authority), 'kubeconfig');
  const name = 'sls-metrics-adapter-demo';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority': authority } }],
    // The adapter of the demo checks no token. Without a credential kubectl would ask for a user name.
    users: [{ name, user: { token: 'unused' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}
