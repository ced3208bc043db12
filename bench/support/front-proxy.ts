import http2 from 'node:http2';
import type { PemPair } from '../../test/support/certificates.ts';
import { frontProxyHeaders, groupedByName } from './front-proxy-request.ts';

interface FrontProxyReply {
  readonly status: number;
  /** As received, possibly compressed with gzip. */
  readonly body: Buffer;
  readonly isGzip: boolean;
  /** From sending the request to the last byte of the response. */
  readonly tookMs: number;
}

/** The adapter's limit of concurrent streams per connection. */
const maxStreams = 250;

/** The connections of kube-apiserver. Like Go's HTTP client, it keeps one and opens another if that one is full. */
export class FrontProxy implements Disposable {
  readonly #url: string;
  readonly #pair: PemPair;
  readonly #sessions: FrontProxySession[] = [];

  constructor(url: string, pair: PemPair) {
    this.#url = url;
    this.#pair = pair;
  }

  /** @throws Error if the connection or the stream fails, or if there is no response within 30 s */
  get(path: string): Promise<FrontProxyReply> {
    const free = this.#sessions.find(({ closed, pending }) => !closed && pending < maxStreams);
    return (free ?? this.#open()).get(path);
  }

  /** Opens enough connections for this many concurrent requests, so that these need not wait for a handshake. */
  async connect(requests: number): Promise<void> {
    const missing = Math.ceil(requests / maxStreams) - this.#sessions.length;
    const opened = Array.from({ length: Math.max(0, missing) }, () => this.#open());
    await Promise.all(opened.map((session) => session.get('/readyz')));
  }

  #open(): FrontProxySession {
    const session = new FrontProxySession(this.#url, this.#pair);
    this.#sessions.push(session);
    return session;
  }

  [Symbol.dispose](): void {
    for (const session of this.#sessions) session.destroy();
  }
}

const timeoutMs = 30_000;

/** One connection of kube-apiserver to the adapter: HTTP/2, with the front proxy's client certificate. */
class FrontProxySession {
  readonly #session: http2.ClientHttp2Session;
  readonly #headers = groupedByName(frontProxyHeaders);
  #pending = 0;

  /** Connects. Requests wait until the connection is established. */
  constructor(url: string, pair: PemPair) {
    this.#session = http2.connect(url, {
      cert: pair.certificate,
      key: pair.key,
      rejectUnauthorized: false,
    });
    // Each pending request gets the error from its stream.
    this.#session.on('error', () => undefined);
  }

  get closed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  /** The number of requests without a response so far. */
  get pending(): number {
    return this.#pending;
  }

  async get(path: string): Promise<FrontProxyReply> {
    this.#pending += 1;
    try {
      return await this.#exchange(path);
    } finally {
      this.#pending -= 1;
    }
  }

  destroy(): void {
    this.#session.destroy();
  }

  #exchange(path: string): Promise<FrontProxyReply> {
    return new Promise((resolve, reject) => {
      const sentMs = performance.now();
      const stream = this.#session.request({ ':path': path, ...this.#headers }, { endStream: true });
      const chunks: Buffer[] = [];
      let status = 0;
      let isGzip = false;
      stream.setTimeout(timeoutMs, () => stream.destroy(new Error(`no response within ${timeoutMs} ms`)));
      stream.on('response', (headers) => {
        status = headers[':status'] ?? 0;
        isGzip = headers['content-encoding'] === 'gzip';
      });
      stream.on('error', reject);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () =>
        resolve({ status, body: Buffer.concat(chunks), isGzip, tookMs: performance.now() - sentMs }),
      );
    });
  }
}
