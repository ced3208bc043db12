import { readFile } from 'node:fs/promises';
import type { AgentOptions, RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  KubeConfig,
  type Cluster,
  type DispatcherOptions,
  type RequestContext,
} from '@kubernetes/client-node';
import { Agent, ProxyAgent, type buildConnector, type Dispatcher } from 'undici';
import { parse } from 'yaml';
import { AdapterError } from '../../errors.ts';
import { isRecord } from './kube-object.ts';
import { KubeError, messageOf } from './kube-error.ts';
import { TokenFile, tokenFileProvider, usualServiceAccountDir } from './token-file.ts';

export interface KubeConfigOptions {
  /** Path of a kubeconfig file. Default: the service account of the pod. */
  readonly kubeconfig?: string | undefined;
  /** Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The directory with `token` and `ca.crt` of the service account. Default: where Kubernetes mounts it. */
  readonly serviceAccountDir?: string | undefined;
  readonly clock?: { now(): number };
}

/**
 * Limits of every connection to the API server. Unauthenticated clients can trigger token reviews, so an API server
 * that hangs must not cost one socket for each of them: further requests wait for one of the 100 connections.
 * HTTP/2 is off, so that one broken connection ends one watch and not all of them.
 */
const connectionLimits = {
  connections: 100,
  allowH2: false,
  keepAliveTimeout: 60_000,
  connectTimeout: 10_000,
  headersTimeout: 10_000,
} as const;

/** A longer reply is refused. Lists come by the page, so none of our replies is near this. */
const maxReplyBytes = 64 * 1024 * 1024;

interface Connections {
  readonly material: DispatcherOptions;
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/**
 * client-node's `KubeConfig`, with connections that are kept. client-node 2.0.1 makes a new undici Agent for each
 * request, so each request would open a connection of its own (docs/decisions/kube-client.md).
 */
export class KeptConnectionsConfig extends KubeConfig {
  /** Read by the calls, and told of each 401. */
  tokenFile: TokenFile | undefined;
  #connections: Connections | undefined;

  loadFromClusterAndTokenFile(cluster: Cluster, userName: string, tokenFile: TokenFile): void {
    this.tokenFile = tokenFile;
    this.addAuthenticator(tokenFile);
    this.loadFromClusterAndUser(cluster, { name: userName, authProvider: tokenFileProvider });
  }

  /** @throws KubeError `access` */
  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    const options: RequestOptions = {};
    try {
      await this.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new KubeError('access', `no credentials for the API server: ${messageOf(cause)}`, { cause });
    }
    for (const [name, value] of Object.entries(options.headers ?? {}))
      context.setHeaderParam(name, String(value));
    if (typeof options.auth === 'string')
      context.setHeaderParam('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    context.setHeaderParam('User-Agent', 'sls-metrics-adapter');
    context.setHeaderParam('Accept', 'application/json');
    const material = this.createDispatcherOptions(this.getCurrentCluster(), options as AgentOptions);
    // client-node exports no SOCKS connector, so its own dispatcher is kept, without our limits.
    if (material.type === 'socks') await super.applySecurityAuthentication(context);
    const { calls, watches } = this.#connectionsWith(material, context.getDispatcher());
    const isWatch = new URL(context.getUrl()).searchParams.get('watch') === 'true';
    context.setDispatcher(isWatch ? watches : calls);
  }

  /** Closes every connection. Running requests fail. */
  close(): void {
    const { calls, watches } = this.#connections ?? {};
    for (const dispatcher of new Set([calls, watches])) void dispatcher?.destroy();
    this.#connections = undefined;
  }

  /**
   * Returns the connections that are made with these certificates and this proxy: new ones if anything has changed.
   * Requests on the old connections may finish.
   */
  #connectionsWith(material: DispatcherOptions, socks: Dispatcher | undefined): Connections {
    const previous = this.#connections;
    if (previous !== undefined && isDeepStrictEqual(previous.material, material)) return previous;
    const calls = socks ?? dispatcherFor(material, { maxResponseSize: maxReplyBytes });
    const watches = socks ?? dispatcherFor(material, {});
    this.#connections = { material, calls, watches };
    void previous?.calls.close();
    if (previous?.watches !== previous?.calls) void previous?.watches.close();
    return this.#connections;
  }
}

function dispatcherFor(material: DispatcherOptions, more: Agent.Options): Dispatcher {
  const limits = { ...connectionLimits, ...more };
  if (material.type === 'proxy') {
    const requestTls = material.requestTls as buildConnector.BuildOptions;
    const connect = material.connect as buildConnector.BuildOptions;
    return new ProxyAgent({ ...limits, uri: material.uri, requestTls, connect });
  }
  if (material.type !== 'agent') return new Agent(limits);
  return new Agent({ ...limits, connect: material.connect as buildConnector.BuildOptions });
}

/** See `loadKubeClient`. */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KeptConnectionsConfig> {
  const { kubeconfig, clock = Date } = options;
  return await (kubeconfig === undefined ? serviceAccountConfig(options) : fileConfig(kubeconfig, clock));
}

/** Source: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
async function serviceAccountConfig(options: KubeConfigOptions): Promise<KeptConnectionsConfig> {
  const { env = process.env, clock = Date, serviceAccountDir: directory = usualServiceAccountDir } = options;
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new AdapterError(
      'ConfigInvalid',
      'no Kubernetes API server is known: outside of a cluster (KUBERNETES_SERVICE_HOST is not set) --kubeconfig must name one',
    );
  }
  const tokenFile = new TokenFile(join(directory, 'token'), clock);
  const caFile = join(directory, 'ca.crt');
  try {
    await tokenFile.read();
    await readFile(caFile);
  } catch (cause) {
    const file = (cause as NodeJS.ErrnoException).path ?? directory;
    throw new AdapterError(
      'ConfigInvalid',
      `the service account file ${file} cannot be read; does the pod mount its token (automountServiceAccountToken)?`,
      { cause },
    );
  }
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const config = new KeptConnectionsConfig();
  config.loadFromClusterAndTokenFile({ name: 'pod', server, caFile, skipTLSVerify: false }, 'pod', tokenFile);
  return config;
}

/** The current context of a kubeconfig file: certificates, tokens, exec plugins, OIDC and proxies. */
async function fileConfig(file: string, clock: { now(): number }): Promise<KeptConnectionsConfig> {
  const wrong = (what: string, cause?: unknown) =>
    new AdapterError('ConfigInvalid', `kubeconfig ${file}: ${what}`, { cause });
  const config = new KeptConnectionsConfig();
  let tokenPath: string | undefined;
  try {
    config.loadFromFile(file);
    tokenPath = await tokenFileOf(file, config.getContextObject(config.getCurrentContext())?.user);
  } catch (cause) {
    throw wrong(messageOf(cause), cause);
  }
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null) throw wrong('its current-context names no context with a cluster');
  if (user === null) throw wrong('its current-context names no user');
  const server = URL.parse(cluster.server);
  if (server === null || !['https:', 'http:'].includes(server.protocol))
    throw wrong(`the server of cluster ${cluster.name} is not a URL`);
  // client-node appends the paths of the API to it.
  const clusterOfPaths = { ...cluster, server: cluster.server.replace(/\/+$/, '') };
  if (tokenPath === undefined) config.loadFromClusterAndUser(clusterOfPaths, user);
  else config.loadFromClusterAndTokenFile(clusterOfPaths, user.name, new TokenFile(tokenPath, clock));
  return config;
}

/** client-node 2.0.1 looks for `token-file`, but the field is `tokenFile`, and the file may change while we run. */
async function tokenFileOf(file: string, userName: string | undefined): Promise<string | undefined> {
  const parsed: unknown = parse(await readFile(file, 'utf8'));
  const users: unknown = isRecord(parsed) ? parsed['users'] : undefined;
  if (!Array.isArray(users)) return undefined;
  const entry: unknown = users.find((one) => isRecord(one) && one['name'] === userName);
  const user = isRecord(entry) ? entry['user'] : undefined;
  const path = isRecord(user) ? user['tokenFile'] : undefined;
  return typeof path === 'string' ? resolve(dirname(file), path) : undefined;
}
