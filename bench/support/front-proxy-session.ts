import { once } from 'node:events';
import http2 from 'node:http2';
import type { PemPair } from '../../test/support/certificates.ts';
import { frontProxyHeaders, groupedByName } from './front-proxy-request.ts';

export { groupedByName };

export interface FrontProxyReply {
  readonly status: number;
  /** As it came: perhaps in gzip. */
  readonly body: Buffer;
  readonly isGzip: boolean;
  /** From when the request was sent to the last byte of the answer. */
  readonly tookMs: number;
}

/** One connection of kube-apiserver to the adapter: HTTP/2, with the front proxy's certificate. */
export class FrontProxySession implements Disposable {
  readonly #session: http2.ClientHttp2Session;
  readonly #headers = groupedByName(frontProxyHeaders);
  #unanswered = 0;

  /** Connects; requests wait for that. */
  constructor(url: string, pair: PemPair) {
    this.#session = http2.connect(url, {
      cert: pair.certificate,
      key: pair.key,
      rejectUnauthorized: false,
    });
    // Whoever waits is told by the stream.
    this.#session.on('error', () => undefined);
  }

  /** @throws Error of the connection */
  static async open(url: string, pair: PemPair): Promise<FrontProxySession> {
    const opened = new FrontProxySession(url, pair);
    await once(opened.#session, 'connect');
    return opened;
  }

  get closed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  /** How many requests wait for their answer. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** @throws Error of the connection or the stream, and where no answer comes within `timeoutMs` */
  async get(path: string, timeoutMs = 30_000): Promise<FrontProxyReply> {
    this.#unanswered += 1;
    try {
      return await this.#exchange(path, timeoutMs);
    } finally {
      this.#unanswered -= 1;
    }
  }

  #exchange(path: string, timeoutMs: number): Promise<FrontProxyReply> {
    return new Promise((resolve, reject) => {
      const sentMs = performance.now();
      const stream = this.#session.request({ ':path': path, ...this.#headers }, { endStream: true });
      const chunks: Buffer[] = [];
      let status = 0;
      let isGzip = false;
      stream.setTimeout(timeoutMs, () => stream.destroy(new Error(`no answer within ${timeoutMs} ms`)));
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

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}
