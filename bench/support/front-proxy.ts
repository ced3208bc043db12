import type { PemPair } from '../../test/support/certificates.ts';
import { FrontProxySession, type FrontProxyReply } from './front-proxy-session.ts';

/** As the adapter allows. */
const mostStreams = 250;

/** kube-apiserver's connections: one that is kept, and as Go's client has it another where that is full. */
export class FrontProxy implements Disposable {
  readonly #url: string;
  readonly #pair: PemPair;
  readonly #sessions: FrontProxySession[] = [];

  constructor(url: string, pair: PemPair) {
    this.#url = url;
    this.#pair = pair;
  }

  /** @throws Error of the connection or the stream, and where no answer comes within 30 s */
  get(path: string): Promise<FrontProxyReply> {
    const free = this.#sessions.find(({ closed, unanswered }) => !closed && unanswered < mostStreams);
    return (free ?? this.#open()).get(path);
  }

  /** Opens connections for so many requests at a time, which need not wait for a handshake then. */
  async connect(requests: number): Promise<void> {
    const missing = Math.ceil(requests / mostStreams) - this.#sessions.length;
    const opened = Array.from({ length: Math.max(0, missing) }, () => this.#open());
    await Promise.all(opened.map((session) => session.get('/readyz')));
  }

  #open(): FrontProxySession {
    const session = new FrontProxySession(this.#url, this.#pair);
    this.#sessions.push(session);
    return session;
  }

  [Symbol.dispose](): void {
    for (const session of this.#sessions) session[Symbol.dispose]();
  }
}
