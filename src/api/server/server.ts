import type { RequestListener, Server as HttpServer } from 'node:http';
import type { Http2SecureServer, ServerHttp2Stream } from 'node:http2';
import type { Server as TlsServer } from 'node:tls';
import Fastify, {
  type FastifyHttp2SecureOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { AdapterError } from '../../errors.ts';
import { sendError } from '../read/representation.ts';
import { Admission, type AdmissionSettings } from './admission.ts';
import { Connections, type ConnectionObserver } from './connections.ts';
import type { ServingPair } from './serving-pair.ts';
import { answerClientError, createTlsServer, secureContext, type TlsSettings } from './tls-server.ts';

/** Time limits after the server begins to close: for requests that still arrive, and for running ones. */
const drainIdleMs = 1000;
const drainMs = 30_000;

const sweepMs = 1000;

/** Longer metric names and namespaces are not routed. */
const maxParamLength = 512;

declare module 'fastify' {
  interface FastifyInstance {
    readonly admission: Admission;
  }
}

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

/** What clients may take of a server. */
export interface ServerLimits extends AdmissionSettings {
  /** Beyond it, connections of the client with the most are closed. */
  readonly maxConnections: number;
  /** Of one session of HTTP/2. Default: 250. */
  readonly maxStreams?: number;
}

const usualLimits: ServerLimits = { maxRequests: 400, maxConnections: 500 };

/**
 * Creates a Fastify server for HTTP/2 and HTTP/1.1 over TLS on one port; without a pair, for HTTP/2 without TLS. Its requests
 * pass the admission first.
 */
export function createServer(
  pair: ServingPair | undefined,
  settings?: TlsSettings,
  limits = usualLimits,
  observer?: ConnectionObserver,
): Server {
  const connections = new Connections(limits.maxConnections, observer);
  const admission = new Admission(connections, limits);
  const options: FastifyHttp2SecureOptions<Http2SecureServer> = {
    http2: true,
    // Tells Fastify about TLS. The factory creates the server.
    https: {},
    serverFactory: (listener) => {
      const guarded = admission.before(listener as unknown as RequestListener);
      const server = createTlsServer(pair, guarded, settings, limits.maxStreams);
      server.on('stream', (stream) => stream.on('end', destroyReset));
      connections.watch(server as unknown as HttpServer);
      return server;
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength },
    exposeHeadRoutes: false,
    // Node's HTTP/2 server without TLS has no connections of HTTP/1.1, and cannot close them.
    forceCloseConnections: pair === undefined ? false : 'idle',
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
  useAdmission(app, admission);
  drainOnClose(app, connections);
  return app;
}

/** Lets answers take places, and cuts off clients that do not read them. */
export function useAdmission(app: FastifyInstance, admission: Admission): void {
  app.decorate('admission', admission);
  const timer = setInterval(() => admission.sweep(), sweepMs);
  timer.unref();
  app.addHook('onClose', (_, done) => {
    clearInterval(timer);
    done();
  });
}

/** Closes connections that would delay the end: idle ones after a second, all others after 30 s. */
function drainOnClose(app: Server, connections: Connections): void {
  app.addHook('preClose', (done) => {
    const idle = setInterval(() => connections.endIdle(), drainIdleMs);
    const all = setTimeout(() => connections.destroyAll(), drainMs);
    app.server.once('close', () => {
      clearInterval(idle);
      clearTimeout(all);
    });
    done();
  });
}

/**
 * If the client resets a stream with NO_ERROR, Node waits forever for the response. That leaks the session and an
 * in-flight slot, so destroy the stream.
 */
function destroyReset(this: ServerHttp2Stream): void {
  if (this.closed) this.destroy();
}
