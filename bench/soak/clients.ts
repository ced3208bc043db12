import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { PemPair } from '../../test/support/certificates.ts';
import { frontProxyHeaders, groupedByName } from '../support/front-proxy-request.ts';

export interface ClientReply {
  readonly status: number;
  readonly body: Buffer;
  /** Whether the body is JSON. Otherwise it is protobuf. */
  readonly isJson: boolean;
}

export const connectionKinds = ['HTTP/2, kept', 'HTTP/1.1, kept', 'HTTP/2, new', 'HTTP/1.1, new'] as const;
export type ConnectionKind = (typeof connectionKinds)[number];

/** Maximum reads in flight. With more, the adapter would refuse reads as too many requests while SLS does not answer. */
export const maxInFlight = 100;

/** The maximum response time: the adapter's deadline and the access reviews before it. */
const maxMs = 30_000;

const jsonHeaders = frontProxyHeaders.map(([name, value]): [string, string] =>
  name === 'Accept' ? [name, 'application/json'] : [name, value],
);

/** The front proxy's connections to the adapter. */
export class Clients implements Disposable {
  readonly url: string;
  readonly #identity: { readonly cert: string; readonly key: string; readonly rejectUnauthorized: false };
  readonly #agent: https.Agent;
  #session: http2.ClientHttp2Session;

  constructor(url: string, { certificate: cert, key }: PemPair) {
    this.url = url;
    this.#identity = { cert, key, rejectUnauthorized: false };
    this.#agent = new https.Agent({
      keepAlive: true,
      maxSockets: maxInFlight,
      maxFreeSockets: 4,
      ...this.#identity,
    });
    this.#session = this.#connect();
  }

  /** Replaces the kept HTTP/2 connection. No request may be in flight on it. */
  reconnect(): void {
    this.#session.destroy();
    this.#session = this.#connect();
  }

  /** @throws Error if the connection fails or the response takes too long */
  async get(path: string, kind: ConnectionKind): Promise<ClientReply> {
    switch (kind) {
      case 'HTTP/2, kept':
        return http2Reply(this.#session.request(http2Headers(path, frontProxyHeaders)));
      case 'HTTP/1.1, kept':
        return this.http1(path, { agent: this.#agent });
      case 'HTTP/2, new': {
        const { session, stream } = this.startHttp2(path);
        return await http2Reply(stream).finally(() => session.destroy());
      }
      case 'HTTP/1.1, new':
        return this.http1(path, {});
    }
  }

  /** Sends a request with the front proxy's headers, unless others are given, on a new connection, unless there is an agent. */
  async http1(path: string, options: https.RequestOptions): Promise<ClientReply> {
    const request = this.startHttp1(path, { signal: AbortSignal.timeout(maxMs), ...options });
    const [reply] = (await once(request, 'response')) as [IncomingMessage];
    return { status: reply.statusCode ?? 0, body: await buffer(reply), isJson: isJson(reply.headers) };
  }

  /** Sends a request and does not wait for the response. */
  startHttp1(path: string, options: https.RequestOptions = {}): ClientRequest {
    const headers = ['Host', new URL(this.url).host, ...jsonHeaders.flat()];
    return https
      .request(new URL(path, this.url), { agent: false, ...this.#identity, headers, ...options })
      .end();
  }

  /** The same over HTTP/2, on a new connection. */
  startHttp2(path: string): {
    readonly session: http2.ClientHttp2Session;
    readonly stream: http2.ClientHttp2Stream;
  } {
    const session = this.#connect();
    return { session, stream: session.request(http2Headers(path, jsonHeaders)) };
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
    this.#agent.destroy();
  }

  #connect(): http2.ClientHttp2Session {
    const session = http2.connect(this.url, this.#identity);
    // Each pending request gets the error from its stream.
    session.on('error', () => undefined);
    return session;
  }
}

const http2Headers = (path: string, headers: typeof frontProxyHeaders) => ({
  ':path': path,
  ...groupedByName(headers),
});

async function http2Reply(stream: http2.ClientHttp2Stream): Promise<ClientReply> {
  stream.setTimeout(maxMs, () => stream.destroy(new Error(`no response within ${maxMs} ms`)));
  // If the server dies, the stream is closed without an error.
  const closed = new AbortController();
  stream.once('close', () => closed.abort(new Error('the connection ended without a response')));
  // Read from the beginning. Otherwise a stream that ends before it is read counts as aborted.
  const body = buffer(stream);
  const response = once(stream, 'response', { signal: closed.signal });
  const [[headers]] = (await Promise.all([response, body])) as unknown as [
    [http2.IncomingHttpHeaders & { ':status': number }],
    Buffer,
  ];
  return { status: headers[':status'], body: await body, isJson: isJson(headers) };
}

const isJson = (headers: { readonly 'content-type'?: string | undefined }) =>
  headers['content-type']?.startsWith('application/json') === true;
