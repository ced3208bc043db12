import { once } from 'node:events';
import http2 from 'node:http2';
import type { PemPair } from '../../test/support/certificates.ts';
import { frontProxyHeaders } from './front-proxy-request.ts';

export interface FrontProxyReply {
  readonly status: number;
  readonly body: Buffer;
  /** From when the request was sent to the last byte of the answer. */
  readonly tookMs: number;
}

/** kube-apiserver's one connection to the adapter: HTTP/2, with the front proxy's certificate. */
export class FrontProxySession implements Disposable {
  readonly #session: http2.ClientHttp2Session;
  readonly #headers = groupedByName(frontProxyHeaders);

  private constructor(session: http2.ClientHttp2Session) {
    this.#session = session;
  }

  /** @throws Error of the connection */
  static async open(url: string, pair: PemPair): Promise<FrontProxySession> {
    const session = http2.connect(url, {
      cert: pair.certificate,
      key: pair.key,
      rejectUnauthorized: false,
    });
    await once(session, 'connect');
    // Whoever reads is told by the stream.
    session.on('error', () => undefined);
    return new FrontProxySession(session);
  }

  /** @throws Error of the stream, and where no answer comes within `timeoutMs` */
  get(path: string, timeoutMs = 30_000): Promise<FrontProxyReply> {
    return new Promise((resolve, reject) => {
      const sentMs = performance.now();
      const stream = this.#session.request({ ':path': path, ...this.#headers }, { endStream: true });
      const chunks: Buffer[] = [];
      let status = 0;
      stream.setTimeout(timeoutMs, () => stream.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      stream.on('response', (headers) => (status = headers[':status'] ?? 0));
      stream.on('error', reject);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () =>
        resolve({ status, body: Buffer.concat(chunks), tookMs: performance.now() - sentMs }),
      );
    });
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

export function groupedByName(headers: readonly (readonly [string, string])[]): Record<string, string[]> {
  const byName: Record<string, string[]> = {};
  for (const [name, value] of headers) (byName[name.toLowerCase()] ??= []).push(value);
  return byName;
}
