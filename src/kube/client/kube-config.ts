import { readFile } from 'node:fs/promises';
import type { AgentOptions, RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  KubeConfig,
  type Cluster,
  type DispatcherOptions,
  type RequestContext,
  type User,
} from '@kubernetes/client-node';
import { Agent, ProxyAgent, type buildConnector, type Dispatcher } from 'undici';
import { AdapterError } from '../../errors.ts';
import { boundedReplies } from './bounded-replies.ts';
import { boundedSpawn } from './exec-plugin.ts';
import { KubeError, messageOf } from './kube-error.ts';
import { currentContext } from './kubeconfig-files.ts';
import { TokenFile, usualServiceAccountDir } from './token-file.ts';

export interface KubeConfigOptions {
  /** A kubeconfig file, or several, of which some may not exist. Default: the service account of the pod. */
  readonly kubeconfig?: string | readonly string[] | undefined;
  /** Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The directory with `token` and `ca.crt` of the service account. Default: where Kubernetes mounts it. */
  readonly serviceAccountDir?: string | undefined;
  /** Default: the monotonic clock of the process. */
  readonly monotonicMs?: () => number;
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

/** The shortest time from one 401 that makes us run an exec plugin again to the next. */
const leastForgetMs = 5000;

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
  readonly #tokenFile: TokenFile | undefined;
  readonly #monotonicMs: () => number;
  #forgotMs = -Infinity;
  #connections: Connections | undefined;

  constructor(cluster: Cluster, user: User, monotonicMs: () => number, tokenFile?: TokenFile) {
    super();
    this.#monotonicMs = monotonicMs;
    this.loadFromClusterAndUser(cluster, user);
    this.#tokenFile = tokenFile;
    for (const one of this.#libraryAuthenticators()) if ('execFn' in one) one.execFn = boundedSpawn();
  }

  /** @throws KubeError `access` */
  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    const options: RequestOptions = {};
    try {
      await this.applyToHTTPSOptions(options);
      for (const [name, value] of Object.entries(options.headers ?? {}))
        context.setHeaderParam(name, String(value));
      const token = await this.#tokenFile?.read();
      if (token !== undefined) context.setHeaderParam('Authorization', `Bearer ${token}`);
    } catch (cause) {
      throw new KubeError('access', `no credentials for the API server: ${messageOf(cause)}`, { cause });
    }
    if (typeof options.auth === 'string')
      context.setHeaderParam('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    context.setHeaderParam('User-Agent', 'sls-metrics-adapter');
    context.setHeaderParam('Accept', 'application/json');
    context.setHeaderParam('Accept-Encoding', 'identity');
    const material = this.createDispatcherOptions(this.getCurrentCluster(), options as AgentOptions);
    // client-node exports no SOCKS connector, so its own dispatcher is kept, without our limits.
    if (material.type === 'socks') await super.applySecurityAuthentication(context);
    const { calls, watches } = this.#connectionsWith(material, context.getDispatcher());
    const isWatch = new URL(context.getUrl()).searchParams.get('watch') === 'true';
    context.setDispatcher(isWatch ? watches : calls);
  }

  /**
   * Called at a 401: the next call reads the token file again, or runs the exec plugin, as in client-go. A plugin is a
   * process, so many 401s run it once.
   */
  forgetCredentials(): void {
    this.#tokenFile?.expire();
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#forgotMs < leastForgetMs) return;
    this.#forgotMs = nowMs;
    for (const one of this.#libraryAuthenticators()) if ('tokenCache' in one) one.tokenCache = {};
  }

  #libraryAuthenticators(): readonly object[] {
    return (this as unknown as { readonly authenticators: readonly object[] }).authenticators;
  }

  /** Closes every connection. Running requests fail. */
  close(): void {
    void this.#connections?.calls.destroy();
    void this.#connections?.watches.destroy();
    this.#connections = undefined;
  }

  /**
   * Returns the connections that are made with these certificates and this proxy: new ones if anything has changed.
   * Requests on the old connections may finish.
   */
  #connectionsWith(material: DispatcherOptions, socks: Dispatcher | undefined): Connections {
    const previous = this.#connections;
    if (previous !== undefined && isDeepStrictEqual(previous.material, material)) return previous;
    const calls = (socks ?? dispatcherFor(material)).compose(boundedReplies);
    const watches = (socks ?? dispatcherFor(material)).compose(boundedReplies);
    this.#connections = { material, calls, watches };
    void previous?.calls.close();
    void previous?.watches.close();
    return this.#connections;
  }
}

function dispatcherFor(material: DispatcherOptions): Dispatcher {
  const limits = connectionLimits;
  if (material.type === 'proxy') {
    const requestTls = material.requestTls as buildConnector.BuildOptions;
    const connect = material.connect as buildConnector.BuildOptions;
    return new ProxyAgent({ ...limits, uri: material.uri, requestTls, connect });
  }
  if (material.type !== 'agent') return new Agent(limits);
  return new Agent({ ...limits, connect: material.connect as buildConnector.BuildOptions });
}

/** @throws AdapterError `ConfigInvalid` */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KeptConnectionsConfig> {
  const { kubeconfig, monotonicMs = () => performance.now() } = options;
  if (kubeconfig === undefined) return await serviceAccountConfig(options);
  const { cluster, user, tokenPath } = await currentContext(kubeconfig);
  if (tokenPath === undefined) return new KeptConnectionsConfig(cluster, user, monotonicMs);
  // As in kubectl, no plugin runs beside a token.
  const noOther = { token: '', username: '', exec: undefined, authProvider: undefined };
  const tokenFile = new TokenFile(tokenPath, monotonicMs);
  return new KeptConnectionsConfig(cluster, { ...user, ...noOther }, monotonicMs, tokenFile);
}

/** Source: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
async function serviceAccountConfig(options: KubeConfigOptions): Promise<KeptConnectionsConfig> {
  const { env = process.env, monotonicMs = () => performance.now() } = options;
  const { serviceAccountDir: directory = usualServiceAccountDir } = options;
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new AdapterError(
      'ConfigInvalid',
      'no Kubernetes API server is known: outside of a cluster (KUBERNETES_SERVICE_HOST is not set) name one, for example --kubeconfig "$HOME/.kube/config"',
    );
  }
  const tokenFile = new TokenFile(join(directory, 'token'), monotonicMs);
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
  const cluster = { name: 'pod', server, caFile, skipTLSVerify: false };
  return new KeptConnectionsConfig(cluster, { name: 'pod' }, monotonicMs, tokenFile);
}
