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
  /** Of the body; else it is protobuf. */
  readonly isJson: boolean;
}

export const ways = ['HTTP/2, kept', 'HTTP/1.1, kept', 'HTTP/2, new', 'HTTP/1.1, new'] as const;
export type Way = (typeof ways)[number];

/** The longest that an answer may take: the adapter's deadline, and the reviews before it. */
const mostMs = 30_000;

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
    this.#agent = new https.Agent({ keepAlive: true, maxSockets: 4, ...this.#identity });
    this.#session = this.#connect();
  }

  /** The kept connection of HTTP/2 is another from now on; nothing may be under way. */
  reconnect(): void {
    this.#session.destroy();
    this.#session = this.#connect();
  }

  /** @throws Error of the connection, and where no answer comes in time */
  async get(path: string, way: Way): Promise<ClientReply> {
    switch (way) {
      case 'HTTP/2, kept':
        return http2Reply(this.#session.request(http2Headers(path, frontProxyHeaders)));
      case 'HTTP/1.1, kept':
        return this.http1(path, { agent: this.#agent });
      case 'HTTP/2, new': {
        const { session, stream } = this.beginHttp2(path);
        return await http2Reply(stream).finally(() => session.destroy());
      }
      case 'HTTP/1.1, new':
        return this.http1(path, {});
    }
  }

  /** As the front proxy, unless other headers are given; on a connection of its own, unless there is an agent. */
  async http1(path: string, options: https.RequestOptions): Promise<ClientReply> {
    const request = this.begin(path, { signal: AbortSignal.timeout(mostMs), ...options });
    const [reply] = (await once(request, 'response')) as [IncomingMessage];
    return { status: reply.statusCode ?? 0, body: await buffer(reply), isJson: isJson(reply.headers) };
  }

  /** A request that is sent, for whoever does not wait for the answer. */
  begin(path: string, options: https.RequestOptions = {}): ClientRequest {
    const headers = ['Host', new URL(this.url).host, ...jsonHeaders.flat()];
    return https
      .request(new URL(path, this.url), { agent: false, ...this.#identity, headers, ...options })
      .end();
  }

  /** The same over HTTP/2, on a connection of its own. */
  beginHttp2(path: string): {
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
    // Whoever waits is told by the stream.
    session.on('error', () => undefined);
    return session;
  }
}

const http2Headers = (path: string, headers: typeof frontProxyHeaders) => ({
  ':path': path,
  ...groupedByName(headers),
});

async function http2Reply(stream: http2.ClientHttp2Stream): Promise<ClientReply> {
  stream.setTimeout(mostMs, () => stream.destroy(new Error(`no answer within ${mostMs} ms`)));
  // Read from the beginning: a stream that is over before anybody reads it counts as cut off.
  const body = buffer(stream);
  const [[headers]] = (await Promise.all([once(stream, 'response'), body])) as unknown as [
    [http2.IncomingHttpHeaders & { ':status': number }],
    Buffer,
  ];
  return { status: headers[':status'], body: await body, isJson: isJson(headers) };
}

const isJson = (headers: { readonly 'content-type'?: string | undefined }) =>
  headers['content-type']?.startsWith('application/json') === true;
