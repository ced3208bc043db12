import http2 from 'node:http2';
import type { PemPair } from '../../test/support/certificates.ts';
import { frontProxyHeaders, groupedByName } from './front-proxy-request.ts';

export interface FrontProxyReply {
  readonly status: number;
  readonly body: Buffer;
  /** From when the request was sent to the last byte of the answer. */
  readonly tookMs: number;
}

interface Connection {
  readonly session: http2.ClientHttp2Session;
  /** Requests that are not answered yet. */
  open: number;
}

/** As the adapter allows. */
const mostStreams = 250;
const timeoutMs = 30_000;

/**
 * kube-apiserver's side: HTTP/2 with the front proxy's certificate, over one kept connection as long as that has room,
 * as Go's client has it, and over another where it has not.
 */
export class FrontProxy implements Disposable {
  readonly #url: string;
  readonly #pair: PemPair;
  readonly #headers = groupedByName(frontProxyHeaders);
  readonly #connections: Connection[] = [];

  constructor(url: string, pair: PemPair) {
    this.#url = url;
    this.#pair = pair;
  }

  /** @throws Error of the connection or the stream, and where no answer comes within 30 s */
  async get(path: string): Promise<FrontProxyReply> {
    const connection = this.#connection();
    connection.open += 1;
    try {
      return await exchange(connection.session, { ':path': path, ...this.#headers });
    } finally {
      connection.open -= 1;
    }
  }

  /** Opens connections for so many requests at a time, so that those need not wait for a handshake. */
  async connect(requests: number): Promise<void> {
    const connections = Array.from({ length: Math.ceil(requests / mostStreams) }, () => this.#open());
    await Promise.all(connections.map(({ session }) => exchange(session, { ':path': '/readyz' })));
  }

  #connection(): Connection {
    return (
      this.#connections.find(({ session, open }) => !session.closed && open < mostStreams) ?? this.#open()
    );
  }

  #open(): Connection {
    const session = http2.connect(this.#url, {
      cert: this.#pair.certificate,
      key: this.#pair.key,
      rejectUnauthorized: false,
    });
    // Whoever waits is told by the stream.
    session.on('error', () => undefined);
    const connection = { session, open: 0 };
    this.#connections.push(connection);
    return connection;
  }

  [Symbol.dispose](): void {
    for (const { session } of this.#connections) session.destroy();
  }
}

function exchange(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
): Promise<FrontProxyReply> {
  return new Promise((resolve, reject) => {
    const sentMs = performance.now();
    const stream = session.request(headers, { endStream: true });
    const chunks: Buffer[] = [];
    let status = 0;
    stream.setTimeout(timeoutMs, () => stream.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    stream.on('response', (received) => (status = received[':status'] ?? 0));
    stream.on('error', reject);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () =>
      resolve({ status, body: Buffer.concat(chunks), tookMs: performance.now() - sentMs }),
    );
  });
}
