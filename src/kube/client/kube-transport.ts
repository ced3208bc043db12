import type { Agent, IncomingMessage } from 'node:http';
import https from 'node:https';
import http from 'node:http';
import type { KubeAccess, KubeCredentials, TlsMaterial } from './kube-access.ts';
import { KubeError, messageOf } from './kube-error.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path and query, below the server's URL. */
  readonly path: string;
  readonly body?: { readonly contentType: string; readonly text: string };
  readonly signal: AbortSignal;
}

/** client-go's; a free connection is dropped before a load balancer forgets it. */
const keepAliveProbeMs = 30_000;
const idleMs = 60_000;

/**
 * At a time, the others wait their turn: anybody can make us ask about a token, and with an API server that hangs
 * each would cost a connection.
 */
const maxConnections = 100;

/** Sends requests to the API server over kept-alive connections, with the credentials of the moment. */
export class KubeTransport {
  readonly #access: KubeAccess;
  #agent: { readonly tls: TlsMaterial; readonly agent: Agent } | undefined;

  constructor(access: KubeAccess) {
    this.#access = access;
  }

  get server(): URL {
    return this.#access.server;
  }

  /**
   * The reply once its headers are there, whatever its status.
   *
   * @throws KubeError `network` or `access`; the signal's reason
   */
  async send(request: KubeRequest): Promise<IncomingMessage> {
    const { signal } = request;
    signal.throwIfAborted();
    let credentials: KubeCredentials;
    try {
      credentials = await this.#access.credentials();
    } catch (cause) {
      throw new KubeError('access', `no credentials for the API server: ${messageOf(cause)}`, { cause });
    }
    signal.throwIfAborted();
    for (;;) {
      try {
        const reply = await this.#exchange(request, credentials);
        if (reply.statusCode === 401) this.#access.expire();
        return reply;
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof StaleConnection) continue;
        const reason = messageOf(cause);
        throw new KubeError('network', `API server at ${this.server.host} cannot be reached: ${reason}`, {
          cause,
        });
      }
    }
  }

  close(): void {
    this.#agent?.agent.destroy();
    this.#agent = undefined;
  }

  #exchange(
    { method, path, body, signal }: KubeRequest,
    credentials: KubeCredentials,
  ): Promise<IncomingMessage> {
    const { protocol, hostname, port, pathname } = this.server;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = (protocol === 'http:' ? http : https).request({
      agent: credentials.proxyAgent ?? this.#agentFor(credentials.tls),
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? undefined : port,
      method,
      path: pathname.replace(/\/$/, '') + path,
      headers: {
        accept: 'application/json',
        'user-agent': 'sls-metrics-adapter',
        ...credentials.headers,
        ...(body === undefined
          ? {}
          : { 'content-type': body.contentType, 'content-length': String(Buffer.byteLength(body.text)) }),
      },
      signal,
    });
    outgoing.on('response', resolve);
    outgoing.on('error', (error) => {
      // The server closed an idle connection while we took it up. Every call of ours may be sent twice.
      const stale = outgoing.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
      reject(stale ? new StaleConnection() : error);
    });
    outgoing.end(body?.text);
    return promise;
  }

  /** A new one where the material changed; requests under way on the old one end in peace. */
  #agentFor(tls: TlsMaterial): Agent {
    if (this.#agent !== undefined && sameMaterial(this.#agent.tls, tls)) return this.#agent.agent;
    const previous = this.#agent?.agent;
    const settings = {
      keepAlive: true,
      keepAliveMsecs: keepAliveProbeMs,
      timeout: idleMs,
      maxSockets: maxConnections,
    };
    const agent =
      this.server.protocol === 'http:' ? new http.Agent(settings) : new https.Agent({ ...settings, ...tls });
    this.#agent = { tls, agent };
    if (previous !== undefined) previous.maxFreeSockets = 0;
    for (const sockets of Object.values(previous?.freeSockets ?? {}))
      for (const socket of sockets ?? []) socket.destroy();
    return agent;
  }
}

class StaleConnection extends Error {}

const materialFields = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const;

const sameMaterial = (one: TlsMaterial, other: TlsMaterial) =>
  materialFields.every((name) => String(one[name]) === String(other[name]));
