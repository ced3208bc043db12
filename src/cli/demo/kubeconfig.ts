import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';

/** Writes a kubeconfig for the adapter itself beside its certificate, so that no other cluster's is touched. */
export async function writeKubeconfig(url: string, certificateFile: string): Promise<string> {
  const file = join(dirname(certificateFile), 'kubeconfig');
  const name = 'sls-metrics-adapter-demo';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority': certificateFile } }],
    // Nobody checks it; without any credential kubectl would ask for a user name.
    users: [{ name, user: { token: 'unused' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}
