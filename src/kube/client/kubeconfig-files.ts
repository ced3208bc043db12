import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { KubeConfig, type Cluster, type User } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { AdapterError } from '../../errors.ts';
import { messageOf } from './kube-error.ts';
import { isRecord } from './kube-object.ts';

/**
 * Returns the kubeconfig files if no flag names one: those of `KUBECONFIG`, which need not exist, else, in a pod, undefined
 * for its service account, else `~/.kube/config` if it exists. Empty: there is none.
 * Source: kubectl, "Organizing Cluster Access Using kubeconfig Files".
 */
export function kubeconfigsOf(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (named.length > 0) return named;
  if (env['KUBERNETES_SERVICE_HOST']) return undefined;
  const home = env['HOME'] ?? env['USERPROFILE'];
  return home ? [join(home, '.kube', 'config')].filter((file) => existsSync(file)) : [];
}

/**
 * Returns the cluster and user of the current context of a kubeconfig file, and the file with the token of the user.
 *
 * @param kubeconfig the file, which must exist; or several, merged as kubectl does: files that do not exist are skipped,
 *   and the first file wins that has a current context, or an entry of that name
 * @throws AdapterError `ConfigInvalid`
 */
export async function currentContext(kubeconfig: string | readonly string[]) {
  const all = typeof kubeconfig === 'string' ? [kubeconfig] : kubeconfig;
  const files = await Promise.all(all.map((file) => readKubeconfig(file, typeof kubeconfig !== 'string')));
  const wrong = (what: string) => invalid(all.join(delimiter), what);
  const existing = files.filter((file) => file !== undefined);
  if (existing.length === 0) throw wrong(all.length === 1 ? 'it does not exist' : 'none of them exists');
  const configs = existing.map(({ config }) => config);
  const contextName = configs.map((config) => config.currentContext).find(Boolean);
  const context = configs.flatMap(({ contexts }) => contexts).find(({ name }) => name === contextName);
  const cluster = configs.flatMap(({ clusters }) => clusters).find(({ name }) => name === context?.cluster);
  if (cluster === undefined) throw wrong('its current-context names no context with a cluster');
  const owner = existing.find(({ config }) => config.users.some(({ name }) => name === context?.user));
  const user = owner?.config.users.find(({ name }) => name === context?.user);
  if (owner === undefined || user === undefined) throw wrong('its current-context names no user');
  const plugin = blockingProviders.get(String(providerOf(user)));
  if (plugin !== undefined)
    throw wrong(
      `the auth-provider ${String(providerOf(user))} of user ${user.name} is not supported, as kubectl removed it in 1.26; write an exec plugin instead, such as ${plugin}`,
    );
  return { cluster: usableCluster(cluster, wrong), user, tokenPath: owner.tokenPathOf(user.name) };
}

/** Providers that client-node 2.0.1 runs by execSync, which would stop the process, and what replaces them. */
const blockingProviders: ReadonlyMap<string, string> = new Map([
  ['gcp', 'gke-gcloud-auth-plugin'],
  ['azure', 'kubelogin'],
]);

const providerOf = ({ authProvider }: User): unknown =>
  isRecord(authProvider) ? authProvider['name'] : undefined;

/** @throws AdapterError if its server is not a URL that credentials may be sent to */
function usableCluster(cluster: Cluster, wrong: (what: string) => AdapterError): Cluster {
  const url = URL.parse(cluster.server);
  if (url === null || !['https:', 'http:'].includes(url.protocol))
    throw wrong(`the server of cluster ${cluster.name} is not a URL`);
  // client-node appends the paths of the API to it.
  const server = cluster.server.replace(/(?<!\/)\/+$/, '');
  if (url.protocol === 'https:') return { ...cluster, server };
  if (!cluster.skipTLSVerify && !isLoopback(url.hostname))
    throw wrong(
      `the server of cluster ${cluster.name} is ${url.origin}, without TLS, so its credentials would be readable on the network; write https://, or the address of a kubectl proxy on this machine`,
    );
  // client-node refuses http:// unless this is set.
  return { ...cluster, server, skipTLSVerify: true };
}

/** Where kubectl proxy listens. */
const isLoopback = (hostname: string) =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

/** @returns undefined if the file does not exist and need not */
async function readKubeconfig(file: string, mayBeMissing: boolean) {
  try {
    const text = await readFile(file, 'utf8');
    const config = new KubeConfig();
    // kubectl creates an empty file before it writes the first entry.
    if (text.trim() !== '' || !mayBeMissing) config.loadFromString(text);
    config.makePathsAbsolute(dirname(resolve(file)));
    const parsed: unknown = parse(text);
    return { config, tokenPathOf: (userName: string) => tokenPathIn(parsed, userName, file) };
  } catch (cause) {
    if (mayBeMissing && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(file, messageOf(cause), cause);
  }
}

/** client-node 2.0.1 looks for `token-file`, but the field is `tokenFile`, and the file may change while we run. */
function tokenPathIn(parsed: unknown, userName: string, file: string): string | undefined {
  const users: unknown = isRecord(parsed) ? parsed['users'] : undefined;
  if (!Array.isArray(users)) return undefined;
  const entry: unknown = users.find((one) => isRecord(one) && one['name'] === userName);
  const user = isRecord(entry) ? entry['user'] : undefined;
  const path = isRecord(user) ? user['tokenFile'] : undefined;
  return typeof path === 'string' && path !== '' ? resolve(dirname(file), path) : undefined;
}

const invalid = (files: string, what: string, cause?: unknown) =>
  new AdapterError('ConfigInvalid', `kubeconfig ${files}: ${what}`, { cause });
