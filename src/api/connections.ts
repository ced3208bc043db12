import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * The connections of a server, and how many answers are owed on each of HTTP/1.1. A server that closes waits for
 * those on which nothing was asked yet, or only half, for as long as they please, and for a session of HTTP/2 whose
 * handshake ends after it began to close.
 */
export class Connections {
  readonly #all = new Set<Socket>();
  readonly #owed = new Map<Socket, number>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(server: Server) {
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#all.add(socket);
      if (socket.alpnProtocol !== 'h2') this.#owed.set(socket, 0);
      socket.on('close', () => {
        this.#all.delete(socket);
        this.#owed.delete(socket);
      });
    });
    server.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
    });
    server.on('request', ({ httpVersionMajor, socket }: IncomingMessage, response: ServerResponse) => {
      if (httpVersionMajor > 1) return;
      this.#owe(socket, 1);
      response.on('close', () => this.#owe(socket, -1));
    });
  }

  /** Those on which no answer is owed, a request that is still arriving included; sessions take no more requests. */
  endIdle(): void {
    for (const [socket, owed] of this.#owed) if (owed === 0) socket.destroy();
    for (const session of this.#sessions) session.close();
  }

  destroyAll(): void {
    for (const socket of this.#all) socket.destroy();
  }

  #owe(socket: Socket, change: number): void {
    const owed = this.#owed.get(socket);
    if (owed !== undefined) this.#owed.set(socket, owed + change);
  }
}
