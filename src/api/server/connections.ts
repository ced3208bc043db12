import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  /** HTTP/2 only. */
  session: ServerHttp2Session | undefined;
  /** HTTP/1.1 only: the responses of a connection are sent one after another. */
  lastResponse: ServerResponse | undefined;
  /** The last check found everything sent, the end of the session included: only the client holds it open. */
  isOver: boolean;
}

/**
 * Tracks the connections of a server, so that a closing server can end those without a pending response.
 *
 * Node's `close` waits without limit for connections that have not sent a complete request, for HTTP/2 sessions whose
 * handshake ends after the server began to close, and for clients that do not hang up after the server did.
 */
export class Connections {
  readonly #all = new Map<Socket, Connection>();

  constructor(server: Server) {
    let newest: Connection | undefined;
    // Runs before the server's own listener, which emits `session` for the same connection synchronously.
    server.prependListener('secureConnection', (socket: Socket) => {
      newest = { socket, session: undefined, lastResponse: undefined, isOver: false };
      this.#all.set(socket, newest);
      socket.on('close', () => this.#all.delete(socket));
    });
    server.on('session', (session: ServerHttp2Session) => {
      if (newest !== undefined) newest.session = session;
    });
    server.on('stream', (stream: ServerHttp2Stream) => stream.on('end', destroyReset));
    server.on('request', ({ httpVersionMajor, socket }: IncomingMessage, response: ServerResponse) => {
      const connection = httpVersionMajor > 1 ? undefined : this.#all.get(socket);
      if (connection !== undefined) connection.lastResponse = response;
    });
  }

  /** Ends connections without a pending response, even if a request is still arriving. HTTP/2 sessions accept no new requests. */
  endIdle(): void {
    for (const connection of this.#all.values()) {
      const { socket, session, lastResponse, isOver } = connection;
      if (session === undefined ? lastResponse?.closed !== false : isOver) socket.destroy();
      else session?.close();
      connection.isOver = session?.destroyed === true && socket.writableFinished;
    }
  }

  destroyAll(): void {
    for (const socket of this.#all.keys()) socket.destroy();
  }
}

/**
 * If the client resets a stream with NO_ERROR, Node waits forever for the response. That leaks the session and an
 * in-flight slot, so destroy the stream.
 */
function destroyReset(this: ServerHttp2Stream): void {
  if (this.closed) this.destroy();
}
