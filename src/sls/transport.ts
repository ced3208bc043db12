import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { AdapterError } from '../errors.ts';
import type { Endpoint } from './endpoint.ts';
import { proxyRemedy, type Destination, type Proxies, type Proxy } from './proxy.ts';

export interface TransportSettings {
  readonly connectTimeoutMs: number;
  /** From the start of the request to the last byte of the reply. */
  readonly readTimeoutMs: number;
  /** Resolves host names. Default: the system's resolver. */
  readonly lookup?: LookupFunction | undefined;
  /** Default: every request is sent directly. */
  readonly proxies?: Proxies | undefined;
  /** What is called, for messages. Default: `SLS`. */
  readonly service?: string;
}

export interface TransportRequest {
  readonly endpoint: Endpoint;
  readonly project: string;
  readonly method: string;
  /** Path and query, exactly as they were signed. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
  /** Awaited with the size of the reply so far before more of it is read. Default: it is read at once. */
  readonly grow?: (bytes: number) => Promise<void>;
}

export interface TransportReply {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The proxy that the reply came through, for messages; undefined if there was none. */
  readonly proxy?: string | undefined;
}

/** Packed size. 100,000 rows have some 5 MB. */
const mostReplyBytes = 8 * 1024 * 1024;

/** Of an error, only the beginning is read. */
const mostErrorBytes = 64 * 1024;

/**
 * Sends signed requests over kept-alive connections. The SDK's own HTTP layer takes no agent and no AbortSignal, and
 * always connects to the project's host name.
 */
export class Transport {
  readonly #settings: TransportSettings;
  /**
   * By URL of the proxy; the empty text: directly.
   *
   * @bound two proxies | - | - | the environment
   */
  readonly #agents = new Map<string, Agents>();

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** @throws AdapterError `SlsUnavailable`, `SlsTimeout`, `SlsReplyInvalid` or `Canceled` */
  async send(request: TransportRequest): Promise<TransportReply> {
    const { endpoint, signal } = request;
    const { connectTimeoutMs, readTimeoutMs, proxies, service = 'SLS' } = this.#settings;
    const destination = destinationOf(request);
    const proxy = proxies?.of(destination);
    const why = proxy === undefined ? proxies?.whyDirect(destination) : undefined;
    const way = proxy === undefined ? (why ? ` without a proxy (${why})` : '') : ` through ${proxy.shown}`;
    const fail = (code: 'SlsTimeout' | 'SlsUnavailable', what: string, cause?: unknown) =>
      new AdapterError(code, `${service} at ${endpoint.authority} ${what}`, {
        cause,
        remedy: proxy && proxyRemedy,
      });
    const timeLimit = new AbortController();
    const limit = (phase: string, afterMs: number) =>
      setTimeout(() => {
        timeLimit.abort(fail('SlsTimeout', `did not ${phase} within ${afterMs} ms${way}`));
      }, afterMs);
    const connectTimer = limit('accept a connection', connectTimeoutMs);
    const readTimer = limit('answer', readTimeoutMs);
    try {
      const either = AbortSignal.any([signal, timeLimit.signal]);
      const connected = () => clearTimeout(connectTimer);
      // Node ignores the signal of a request while its proxy does not answer.
      return await untilCanceled(this.#exchange(request, destination, proxy, either, connected), either);
    } catch (error) {
      if (signal.aborted) throw canceled(signal);
      if (timeLimit.signal.aborted) throw timeLimit.signal.reason;
      if (error instanceof AdapterError) throw error;
      throw fail('SlsUnavailable', `cannot be reached${way}: ${networkReason(error)}`, error);
    } finally {
      clearTimeout(connectTimer);
      clearTimeout(readTimer);
    }
  }

  async #exchange(
    { endpoint, method, path, headers, body, grow }: TransportRequest,
    { hostname, port }: Destination,
    proxy: Proxy | undefined,
    signal: AbortSignal,
    onConnect: () => void,
  ): Promise<TransportReply> {
    signal.throwIfAborted();
    const { lookup, connectTimeoutMs, service = 'SLS' } = this.#settings;
    const agents = this.#agentsFor(proxy);
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = (endpoint.protocol === 'https' ? https : http).request({
        agent: agents[endpoint.protocol],
        // Also ends the attempt to open a tunnel.
        ...(proxy === undefined ? {} : { timeout: connectTimeoutMs }),
        host: hostname,
        ...(endpoint.connectByProject
          ? {}
          : { servername: isIP(endpoint.hostname) ? '' : endpoint.hostname }),
        port,
        ...(lookup === undefined ? {} : { lookup }),
        method,
        path,
        headers: { ...headers, 'content-length': String(body.length) },
        signal,
      });
      outgoing.on('socket', (socket) => {
        if (socket.connecting)
          socket.once(endpoint.protocol === 'https' ? 'secureConnect' : 'connect', onConnect);
        else onConnect();
      });
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
    const { statusCode = 0, headers: replyHeaders } = reply;
    const what = `the reply of ${service} at ${endpoint.authority}`;
    const replyBody = await bodyOf(reply, statusCode < 400 ? what : undefined, grow);
    return { statusCode, headers: replyHeaders, body: replyBody, proxy: proxy?.shown };
  }

  close(): void {
    for (const agents of this.#agents.values()) {
      agents.http.destroy();
      agents.https.destroy();
    }
  }

  #agentsFor(proxy: Proxy | undefined): Agents {
    const { url = '' } = proxy ?? {};
    const agents = this.#agents.get(url) ?? newAgents(url);
    this.#agents.set(url, agents);
    return agents;
  }
}

/** Those of a project that is read are used every 15 s. Those of others, such as projects that do not exist, are closed. */
const idleMs = 45_000;
/** Of one host. More queries of a project than this rarely run. */
const maxIdleSockets = 15;

/** They keep connections, which are bounded by the queries that run, and closed when they are idle. */
interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** Node sends `http:` requests to the proxy, and opens a tunnel through it for `https:`. */
function newAgents(proxyUrl: string): Agents {
  const proxyEnv = proxyUrl === '' ? {} : { proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } };
  // The time-out of an agent closes idle connections only.
  const options = { keepAlive: true, timeout: idleMs, maxFreeSockets: maxIdleSockets, ...proxyEnv };
  return { http: new http.Agent(options), https: new https.Agent(options) };
}

/**
 * @param what of a good reply, for the message; undefined: the reply is an error, and is cut off
 * @throws AdapterError `SlsReplyInvalid` if a good reply is too large
 */
async function bodyOf(
  reply: IncomingMessage,
  what: string | undefined,
  grow: TransportRequest['grow'],
): Promise<Buffer> {
  /** @bound one for each query in flight | {mostReplyBytes}, {mostErrorBytes} of an error | beyond 64 KiB, one of each project | a constant */
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (what !== undefined && bytes > mostReplyBytes)
      throw new AdapterError('SlsReplyInvalid', `${what} exceeds ${mostReplyBytes} bytes`);
    chunks.push(chunk);
    if (what === undefined && bytes > mostErrorBytes) break;
    await grow?.(bytes);
  }
  return Buffer.concat(chunks);
}

const destinationOf = ({ endpoint, project }: TransportRequest): Destination => ({
  protocol: endpoint.protocol,
  hostname: endpoint.connectByProject ? `${project}.${endpoint.hostname}` : endpoint.hostname,
  port: endpoint.port,
});

/**
 * Includes the system's error code: the message may be empty (AggregateError of a failed connect). Leaves out what differs
 * from try to try: the address, since a name may have several, and the number of the thread that OpenSSL begins with.
 */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', message } = error as NodeJS.ErrnoException;
  // Its message begins with the proxy, which ours has.
  if (code === 'ERR_PROXY_TUNNEL') return `the proxy answers ${message.replace(/^.* via \S+: /, '')}`;
  const text = message
    .replace(/^((?:connect|read|write) E[A-Z]+) .*$/s, '$1')
    .replace(/^[0-9A-F]+:error:/, 'error:');
  return (text.includes(code) ? text : `${code} ${text}`).trim();
}

/** @returns Unix ms; undefined if there is no header, or its format is not that of RFC 9110, section 5.6.7 */
export function parseDateHeader(text: string | undefined): number | undefined {
  if (text === undefined || !/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

export const canceled = (signal: AbortSignal) =>
  new AdapterError('Canceled', 'the query was canceled', { cause: signal.reason });

/**
 * Waits for work that may ignore the signal: ends with the work or with the signal, whichever comes first.
 *
 * @throws AdapterError `Canceled` once the signal is aborted
 */
export async function untilCanceled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(canceled(signal));
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
