import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';

/**
 * Makes the directory for the files of the demo at this URL: one for each port, so that two demos of a user keep theirs.
 *
 * @returns its absolute path, beside the adapter's certificate
 */
export async function clientDirectory(url: string, certificateFile: string): Promise<string> {
  const directory = join(dirname(resolve(certificateFile)), `demo-${new URL(url).port}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/**
 * Writes a kubeconfig whose cluster is the adapter itself. The user's own kubeconfig stays as it is.
 *
 * @returns its path
 */
export async function writeKubeconfig(
  directory: string,
  url: string,
  certificateFile: string,
): Promise<string> {
  const file = join(directory, 'kubeconfig');
  const name = 'sls-metrics-adapter-demo';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    // kubectl resolves a relative path from the directory of the kubeconfig.
    clusters: [{ name, cluster: { server: url, 'certificate-authority': resolve(certificateFile) } }],
    // The adapter of the demo checks no token. Without a credential kubectl would ask for a user name.
    users: [{ name, user: { token: 'unused' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}

/**
 * Writes a configuration with which the commands of the adapter ask the local SLS. It has the key, so that neither the
 * environment nor the user's credentials have an effect.
 *
 * @returns its path
 */
export async function writeConfig(
  directory: string,
  { endpoint, project, logstore, accessKey }: LocalSls,
): Promise<string> {
  const key = join(directory, 'key');
  await mkdir(key, { recursive: true, mode: 0o700 });
  await writeFile(join(key, 'access-key-id'), accessKey.id);
  await writeFile(join(key, 'access-key-secret'), accessKey.secret);
  const file = join(directory, 'config.yaml');
  const credentials = { source: 'secret-file', directory: key };
  await writeFile(file, stringify({ sls: { endpoint, credentials }, defaults: { project, logstore } }));
  return file;
}

interface LocalSls {
  readonly endpoint: string;
  readonly project: string;
  readonly logstore: string;
  readonly accessKey: { readonly id: string; readonly secret: string };
}
