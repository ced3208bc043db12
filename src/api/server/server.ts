import type { IncomingMessage, RequestListener, Server as HttpServer, ServerResponse } from 'node:http';
import type { Http2SecureServer, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import Fastify, {
  type FastifyHttp2SecureOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { AdapterError } from '../../errors.ts';
import { sendError } from '../read/representation.ts';
import type { ServingPair } from './serving-pair.ts';
import { answerClientError, createTlsServer, refuse, secureContext, type TlsSettings } from './tls-server.ts';

/** Time limits after the server begins to close: for requests that still arrive, and for running ones. */
const drainIdleMs = 1000;
const drainMs = 30_000;

/** Longer metric names and namespaces are not routed. */
const maxParamLength = 512;

/** Gives new connections the new pair. Open connections keep theirs. */
export function replaceServingPair(server: Server, pair: ServingPair, settings?: TlsSettings): void {
  (server.server as unknown as TlsServer).setSecureContext(secureContext(pair, settings));
}

/** Has the type of an HTTP/1.1 server: handlers use only what both protocols have. */
export type Server = FastifyInstance;

/** Undefined: the handler has sent the reply. */
export type Handler = (
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply | Promise<FastifyReply> | undefined;

/** Adds a read-only path. */
export type RegisterGet = (url: string, handler: Handler) => void;

/** Creates a Fastify server for HTTP/2 and HTTP/1.1 over TLS on one port. */
export function createServer(pair: ServingPair, settings?: TlsSettings): Server {
  const options: FastifyHttp2SecureOptions<Http2SecureServer> = {
    http2: true,
    // Tells Fastify about TLS. The factory creates the server.
    https: {},
    serverFactory: (listener) =>
      createTlsServer(pair, requireHost(listener as unknown as RequestListener), settings),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // Requests on open connections are answered while the server closes, so that a rollout fails no request.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: ({ message }, request, reply) => {
      const error = new AdapterError('ParameterInvalid', message);
      // The types differ by protocol, but `sendError` uses only what both have.
      void sendError(request as unknown as FastifyRequest, reply as unknown as FastifyReply, error);
    },
  };
  const app = Fastify(options) as unknown as Server;
  drainOnClose(app, app.server);
  return app;
}

/** Closes connections that would delay the end: idle ones after a second, all others after 30 s. */
function drainOnClose(app: Server, server: HttpServer): void {
  const connections = new Connections(server);
  app.addHook('preClose', (done) => {
    const idle = setInterval(() => connections.endIdle(), drainIdleMs);
    const all = setTimeout(() => connections.destroyAll(), drainMs);
    server.once('close', () => {
      clearInterval(idle);
      clearTimeout(all);
    });
    done();
  });
}

/** Refuses an HTTP/1.1 request without a Host header. Source: RFC 9112, 3.2. */
const requireHost =
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    if (request.httpVersion !== '1.1' || request.headers.host !== undefined) listener(request, response);
    else refuse(response, new AdapterError('RequestMalformed', 'the request has no Host header'));
  };

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
class Connections {
  /** @bound not bounded yet | - | none yet | - */
  readonly #all = new Map<Socket, Connection>();

  constructor(server: HttpServer) {
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
