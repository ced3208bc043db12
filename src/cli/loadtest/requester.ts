import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Ending } from './measurements.ts';

interface RequestSettings {
  readonly url: URL;
  readonly method: string;
  /** Names and values. A name may occur more than once. */
  readonly headers: [string, string][];
  readonly body: Buffer | undefined;
  readonly connections: number;
  readonly timeoutMs: number;
  /** Accepts any certificate. */
  readonly insecure: boolean;
  /** Resolves the host of the URL to the checked addresses. */
  readonly lookup: LookupFunction;
}

/** Sends the same request again and again, over kept connections. */
export class Requester {
  readonly #settings: RequestSettings;
  readonly #scheme: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor(settings: RequestSettings) {
    const { url, connections, insecure, lookup } = settings;
    this.#settings = settings;
    this.#scheme = url.protocol === 'https:' ? https : http;
    const options = { keepAlive: true, maxSockets: connections, lookup, rejectUnauthorized: !insecure };
    this.#agent = new this.#scheme.Agent(options);
  }

  /** Resolves with the status once the whole answer has arrived, or with an error code. Never rejects. */
  async send(signal: AbortSignal): Promise<Ending> {
    const first = await this.#try(signal);
    // The server may close a kept connection while a request is being sent on it. That is not a failure, so retry once.
    return first.isStale && !signal.aborted ? (await this.#try(signal)).ending : first.ending;
  }

  close(): void {
    this.#agent.destroy();
  }

  #try(signal: AbortSignal): Promise<{ readonly ending: Ending; readonly isStale: boolean }> {
    const { url, method, body, timeoutMs } = this.#settings;
    const { promise, resolve } = Promise.withResolvers<{ ending: Ending; isStale: boolean }>();
    const expired = AbortSignal.timeout(timeoutMs);
    const request = this.#scheme.request(url, {
      method,
      agent: this.#agent,
      // Node adds its own headers only to an object, not to a list.
      headers: Object.fromEntries(new Headers(this.#settings.headers)),
      signal: AbortSignal.any([signal, expired]),
    });
    const fail = (error: NodeJS.ErrnoException): void => {
      const ending = expired.aborted ? 'timeout' : (error.code ?? error.message);
      resolve({ ending, isStale: request.reusedSocket && ending === 'ECONNRESET' });
    };
    // After a switch of protocols (101) or a CONNECT the response never ends.
    const end = (response: http.IncomingMessage, socket?: Duplex): void => {
      socket?.destroy();
      resolve({ ending: response.statusCode ?? 0, isStale: false });
    };
    request.on('upgrade', end);
    request.on('connect', end);
    request.on('error', fail);
    request.on('response', (response) => {
      response.on('error', fail);
      response.on('end', () => end(response));
      response.resume();
    });
    request.end(body);
    return promise;
  }
}
