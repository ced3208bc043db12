import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { AdapterError } from '../errors.ts';
import type { Endpoint } from './endpoint.ts';
import { canceled } from './until-canceled.ts';

export interface TransportSettings {
  readonly connectTimeoutMs: number;
  /** From the start of the request to the last byte of the reply. */
  readonly readTimeoutMs: number;
  /** Resolves host names. Default: the system's resolver. */
  readonly lookup?: LookupFunction | undefined;
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
}

export interface TransportReply {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Compressed size. A reply with 1,000,000 rows is smaller. */
const maxReplyBytes = 64 * 1024 * 1024;

/**
 * Sends signed requests over kept-alive connections. The SDK's own HTTP layer takes no agent and no AbortSignal, and
 * always connects to the project's host name.
 */
export class Transport {
  readonly #settings: TransportSettings;
  readonly #agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true }),
  };

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** @throws AdapterError `SlsUnavailable`, `SlsTimeout`, `SlsReplyInvalid` or `Canceled` */
  async send(request: TransportRequest): Promise<TransportReply> {
    const { endpoint, signal } = request;
    const { connectTimeoutMs, readTimeoutMs } = this.#settings;
    const timeLimit = new AbortController();
    const limit = (phase: string, afterMs: number) =>
      setTimeout(() => {
        const what = `SLS at ${endpoint.authority} did not ${phase} within ${afterMs} ms`;
        timeLimit.abort(new AdapterError('SlsTimeout', what));
      }, afterMs);
    const connectTimer = limit('accept a connection', connectTimeoutMs);
    const readTimer = limit('answer', readTimeoutMs);
    try {
      return await this.#exchange(request, AbortSignal.any([signal, timeLimit.signal]), () =>
        clearTimeout(connectTimer),
      );
    } catch (error) {
      if (signal.aborted) throw canceled(signal);
      if (timeLimit.signal.aborted) throw timeLimit.signal.reason;
      if (error instanceof AdapterError) throw error;
      const what = `SLS at ${endpoint.authority} cannot be reached: ${networkReason(error)}`;
      throw new AdapterError('SlsUnavailable', what, { cause: error });
    } finally {
      clearTimeout(connectTimer);
      clearTimeout(readTimer);
    }
  }

  async #exchange(
    request: TransportRequest,
    signal: AbortSignal,
    onConnect: () => void,
  ): Promise<TransportReply> {
    signal.throwIfAborted();
    const { endpoint, project, method, path, headers, body } = request;
    const { lookup } = this.#settings;
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = (endpoint.protocol === 'https' ? https : http).request({
        agent: this.#agents[endpoint.protocol],
        host: endpoint.connectByProject ? `${project}.${endpoint.hostname}` : endpoint.hostname,
        ...(endpoint.connectByProject
          ? {}
          : { servername: isIP(endpoint.hostname) ? '' : endpoint.hostname }),
        port: endpoint.port,
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
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxReplyBytes)
        throw new AdapterError(
          'SlsReplyInvalid',
          `the reply of SLS at ${endpoint.authority} exceeds ${maxReplyBytes} bytes`,
        );
      chunks.push(chunk);
    }
    return { statusCode: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(chunks) };
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}

/**
 * Includes the system's error code: the message may be empty (AggregateError of a failed connect). Leaves out what differs
 * from try to try: the address, since a name may have several, and the number of the thread that OpenSSL begins with.
 */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', message } = error as NodeJS.ErrnoException;
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
