import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  /** Of HTTP/2. */
  session: ServerHttp2Session | undefined;
  /** Of HTTP/1.1: the answers of a connection are sent one after another. */
  lastAnswer: ServerResponse | undefined;
  /** At the last look all was said, the end included: the client alone holds the connection. */
  isOver: boolean;
}

/**
 * The connections of a server, and whether an answer is owed on each of HTTP/1.1. A server that closes waits for
 * those on which nothing was asked yet, or only half, for as long as they please, for a session of HTTP/2 whose
 * handshake ends after it began to close, and for clients that do not hang up when the server has.
 */
export class Connections {
  readonly #all = new Map<Socket, Connection>();

  constructor(server: Server) {
    let newest: Connection | undefined;
    // Ahead of the server's own listener, which tells of the session of the same connection at once.
    server.prependListener('secureConnection', (socket: Socket) => {
      newest = { socket, session: undefined, lastAnswer: undefined, isOver: false };
      this.#all.set(socket, newest);
      socket.on('close', () => this.#all.delete(socket));
    });
    server.on('session', (session: ServerHttp2Session) => {
      if (newest !== undefined) newest.session = session;
    });
    server.on('stream', (stream: ServerHttp2Stream) => stream.on('end', endGivenUp));
    server.on('request', ({ httpVersionMajor, socket }: IncomingMessage, response: ServerResponse) => {
      const connection = httpVersionMajor > 1 ? undefined : this.#all.get(socket);
      if (connection !== undefined) connection.lastAnswer = response;
    });
  }

  /** Those on which no answer is owed, a request that is still arriving included; sessions take no more requests. */
  endIdle(): void {
    for (const connection of this.#all.values()) {
      const { socket, session, lastAnswer, isOver } = connection;
      if (session === undefined ? lastAnswer?.closed !== false : isOver) socket.destroy();
      else session?.close();
      connection.isOver = session?.destroyed === true && socket.writableFinished;
    }
  }

  destroyAll(): void {
    for (const socket of this.#all.keys()) socket.destroy();
  }
}

/**
 * Node waits for an answer to be written that the client has given up with NO_ERROR: for ever, since it is written no
 * more, and its session and the place of its request among those under way with it.
 */
function endGivenUp(this: ServerHttp2Stream): void {
  if (this.closed) this.destroy();
}
