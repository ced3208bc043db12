import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { AdapterError } from '../../errors.ts';
import type { KubeAccess, KubeCredentials, TlsMaterial } from './kube-access.ts';
import { isRecord, messageOf } from './kube-error.ts';
import { RereadFile } from './reread-file.ts';

/**
 * The current context of a kubeconfig file, with whatever @kubernetes/client-node knows of it: certificates, exec
 * plugins, OIDC, proxies. It is imported only here (see docs/decisions/kube-client.md).
 *
 * @throws AdapterError `ConfigInvalid`, naming the file and what is wrong with it
 */
export async function kubeconfigAccess(file: string, clock: { now(): number }): Promise<KubeAccess> {
  const wrong = (what: string, cause?: unknown) =>
    new AdapterError('ConfigInvalid', `kubeconfig ${file}: ${what}`, { cause });
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  let tokenFile: string | undefined;
  try {
    config.loadFromFile(file);
    tokenFile = await tokenFileOf(file, config.getContextObject(config.getCurrentContext())?.user);
  } catch (cause) {
    throw wrong(messageOf(cause), cause);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw wrong('its current-context names no context with a cluster');
  if (config.getCurrentUser() === null) throw wrong('its current-context names no user');
  const server = URL.parse(cluster.server);
  if (server === null || !['https:', 'http:'].includes(server.protocol))
    throw wrong(`the server of cluster ${cluster.name} is not a URL`);
  const token = tokenFile === undefined ? undefined : new RereadFile(tokenFile, clock);
  return {
    server,
    credentials: async () =>
      withToken(await credentialsOf(config, cluster.proxyUrl !== undefined), await token?.read()),
    expire: () => token?.expire(),
  };
}

/** client-node 2.0.1 looks for `token-file`, but the field is `tokenFile`; it may change while we run. */
async function tokenFileOf(file: string, userName: string | undefined): Promise<string | undefined> {
  const parsed: unknown = parse(await readFile(file, 'utf8'));
  const users: unknown = isRecord(parsed) ? parsed['users'] : undefined;
  if (!Array.isArray(users)) return undefined;
  const entry: unknown = users.find((one) => isRecord(one) && one['name'] === userName);
  const user = isRecord(entry) ? entry['user'] : undefined;
  const path = isRecord(user) ? user['tokenFile'] : undefined;
  return typeof path === 'string' ? resolve(dirname(file), path) : undefined;
}

async function credentialsOf(config: KubeConfig, proxied: boolean): Promise<KubeCredentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, servername, rejectUnauthorized } = options as TlsMaterial;
  const headers = options.headers as Readonly<Record<string, string>> | undefined;
  const basic =
    typeof options.auth === 'string' ? `Basic ${Buffer.from(options.auth).toString('base64')}` : undefined;
  return {
    headers: { ...headers, ...(basic === undefined ? {} : { authorization: basic }) },
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    },
    ...(proxied ? { proxyAgent: options.agent as Agent } : {}),
  };
}

function withToken(credentials: KubeCredentials, token: string | undefined): KubeCredentials {
  if (token === undefined) return credentials;
  return { ...credentials, headers: { ...credentials.headers, authorization: `Bearer ${token}` } };
}
