import { mkdir, writeFile } from 'node:fs/promises';
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

/**
 * Writes a configuration with which the commands of the adapter ask the local SLS. It lies beside the adapter's
 * certificate, with the key, so that neither the environment nor the user's credentials have an effect.
 *
 * @returns its absolute path
 */
export async function writeConfig(
  { endpoint, project, logstore, accessKey }: LocalSls,
  certificateFile: string,
): Promise<string> {
  const directory = dirname(resolve(certificateFile));
  const key = join(directory, 'demo-key');
  await mkdir(key, { recursive: true, mode: 0o700 });
  await writeFile(join(key, 'access-key-id'), accessKey.id);
  await writeFile(join(key, 'access-key-secret'), accessKey.secret);
  const file = join(directory, 'demo.yaml');
  const credentials = { source: 'secret-file', directory: key };
  await writeFile(file, stringify({ sls: { endpoint, credentials }, defaults: { project, logstore } }));
  return file;
}

export interface LocalSls {
  readonly endpoint: string;
  readonly project: string;
  readonly logstore: string;
  readonly accessKey: { readonly id: string; readonly secret: string };
}
