import { once } from 'node:events';
import http2 from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { PemPair } from '../../../support/certificates.ts';

interface Http1Attacker {
  readonly tls: TLSSocket;
  /** The TCP connection below, for `resetAndDestroy()`. */
  readonly tcp: Socket;
}

interface AttackerReply {
  readonly status: number;
  readonly text: string;
}

const maxConnectMs = 10_000;

/** Clients that mean harm. All their connections are to one server and end with the scenario. */
export class Attackers implements Disposable {
  /** Where they connect from. Default: the address of the honest HPA and of the probes. */
  localAddress = '127.0.0.1';
  /** Further ones are refused. */
  maxConnections = 5000;
  readonly #url: URL;
  readonly #open = new Set<Socket | http2.ClientHttp2Session>();
  #connections = 0;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  get connections(): number {
    return this.#connections;
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** Opens a TLS connection for HTTP/1.1, or for bytes of another protocol. @throws Error if there is no connection within 10 s */
  async http1(pair?: PemPair, protocol: 'http/1.1' | 'h2' = 'http/1.1'): Promise<Http1Attacker> {
    this.#count();
    const tcp = this.#connect();
    const tls = connectTls({ socket: tcp, ALPNProtocols: [protocol], ...unverified(pair) });
    tls.on('error', () => tcp.destroy());
    await once(tls, 'secureConnect', { signal: AbortSignal.timeout(maxConnectMs) });
    return { tls, tcp };
  }

  /** Opens an HTTP/2 session. @throws Error if there is no connection within 10 s */
  async http2(pair?: PemPair, settings: http2.Settings = {}): Promise<http2.ClientHttp2Session> {
    this.#count();
    const session = http2.connect(this.#url, {
      settings,
      createConnection: () =>
        connectTls({ socket: this.#connect(), ALPNProtocols: ['h2'], ...unverified(pair) }),
    });
    this.#keep(session);
    await once(session, 'connect', { signal: AbortSignal.timeout(maxConnectMs) });
    return session;
  }

  /** Sends one request of HTTP/2 and takes its answer. @throws Error if the stream or session ends without one */
  async request(
    session: http2.ClientHttp2Session,
    headers: http2.OutgoingHttpHeaders,
  ): Promise<AttackerReply> {
    const stream = session.request(headers, { endStream: true });
    const [reply] = (await once(stream, 'response')) as [{ ':status': number }];
    let text = '';
    for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
    return { status: reply[':status'], text };
  }

  /** Sends one request of HTTP/2, and takes no interest in its answer. Resolves with its status when the stream is over. */
  async fire(
    session: http2.ClientHttp2Session,
    headers: http2.OutgoingHttpHeaders,
    { endStream = true, takesBody = true } = {},
  ): Promise<number | undefined> {
    const stream = session.request(headers, { endStream });
    let status: number | undefined;
    stream.on('response', (reply) => (status = reply[':status']));
    stream.on('error', () => undefined);
    if (takesBody) stream.resume();
    await new Promise((resolve) => stream.once('close', resolve));
    return status;
  }

  /**
   * Calls `act` `count` times, `concurrency` at a time, and ends early at `maxMs`. What an attacker's own connection comes to is not
   * told.
   *
   * @returns how often it was called
   */
  async repeat(
    { count, concurrency = 20, maxMs = 10_000 }: { count: number; concurrency?: number; maxMs?: number },
    act: (index: number) => Promise<unknown>,
  ): Promise<number> {
    const endMs = performance.now() + maxMs;
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count && performance.now() < endMs) await act(next++).catch(() => undefined);
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return next;
  }

  [Symbol.dispose](): void {
    for (const one of this.#open) one.destroy();
  }

  #connect(): Socket {
    const { hostname: host, port } = this.#url;
    const tcp = connectTcp({ host, port: Number(port), localAddress: this.localAddress });
    this.#keep(tcp);
    return tcp;
  }

  #count(): void {
    this.#connections += 1;
    if (this.#connections > this.maxConnections)
      throw new Error(`more than ${this.maxConnections} connections`);
  }

  #keep(one: Socket | http2.ClientHttp2Session): void {
    this.#open.add(one);
    one.on('error', () => undefined);
    one.once('close', () => this.#open.delete(one));
  }
}

const unverified = (pair: PemPair | undefined) => ({
  rejectUnauthorized: false,
  ...(pair && { cert: pair.certificate, key: pair.key }),
});
